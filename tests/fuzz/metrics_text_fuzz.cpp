// The reader of a stranger's /metrics: any text is metrics or an error, and what was read adds up.
// links: capacity base
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "capacity/metrics_text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto page = capacity::MetricsText::parse({reinterpret_cast<const char*>(data), size}, 1000);
    if (!page) {
        if (page.error().message().empty()) std::abort();
        return 0;
    }
    if (page->samples().empty()) std::abort();
    for (const capacity::MetricSample& sample : page->samples()) {
        if (sample.name.empty() || !page->has(sample.name)) std::abort();
        const auto sum = page->sum(sample.name);
        if (!sum && !std::isnan(sample.value)) std::abort();
        if (!sample.name.ends_with("_bucket")) continue;
        const auto buckets = page->buckets(std::string_view{sample.name}.substr(0, sample.name.size() - 7));
        for (std::size_t i = 1; i < buckets.size(); ++i) {
            if (!(buckets[i - 1].at_most < buckets[i].at_most)) std::abort();
        }
        (void)capacity::histogram_quantile(0.95, buckets);
    }
    return 0;
}
