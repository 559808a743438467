#include "admin/request_window.hpp"

namespace admin {

RequestWindow::Figures RequestWindow::update(base::TimePoint now, const base::HistogramTotals& totals) {
    // The oldest kept sample is the newest one that is at least a whole span old, so that the window covers the span.
    while (samples_.size() > 1 && now - samples_[1].at >= span) {
        samples_.pop_front();
    }
    Figures figures;
    if (!samples_.empty() && now > samples_.front().at) {
        const base::HistogramTotals recent = totals.since(samples_.front().totals);
        const double seconds = std::chrono::duration<double>(now - samples_.front().at).count();
        figures.requests_per_second = static_cast<double>(recent.count()) / seconds;
        figures.p95_ms = recent.count() == 0 ? 0 : recent.quantile(0.95) * 1000;
    }
    if (samples_.empty() || now - samples_.back().at >= step) {
        samples_.push_back({now, totals});
    }
    return figures;
}

}  // namespace admin
