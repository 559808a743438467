// The reader of Snowflake's answers: any body is an answer or an error; what it hands out lies inside the body.
// links: backend_snowflake backend base
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "backend/snowflake/result/query_answer.hpp"

namespace {

void expect(bool good) {
    if (!good) std::abort();
}

bool lies_in(std::string_view part, const std::string& whole) {
    return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto parsed = backend::snowflake::parse_query_answer(std::string{reinterpret_cast<const char*>(data), size});
    if (!parsed) {
        expect(!parsed.error().message().empty());
        return 0;
    }
    const auto& answer = *parsed;
    expect(lies_in(answer.rowset_text(), answer.body) && lies_in(answer.rowset_base64(), answer.body));
    expect(lies_in(answer.parameters_text(), answer.body) && lies_in(answer.query_context(), answer.body));
    for (const auto& [name, value] : answer.parameters()) expect(name.size() + value.size() <= 2 * size);
    (void)answer.parameter("TIMEZONE");
    (void)answer.chunk_headers();
    if (const auto chunks = answer.chunks())
        for (const auto& chunk : *chunks) expect(!chunk.url.empty());
    return 0;
}
