// An answer as a server could send it, in pieces: no crash, bounds kept, and the same meaning however it is cut.
// links: net_client async base
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/client/body_reader.hpp"
#include "net/client/proxy.hpp"
#include "net/client/url.hpp"

namespace {

using namespace net::client;

constexpr std::size_t head_bytes = 2000;
const Limits limits{.head_bytes = head_bytes, .body_bytes = 200'000, .free_bytes = 10'000, .ratio = 1100};

void require(bool holds) {
    if (!holds) std::abort();
}

struct Meaning {
    int status = 0;
    std::string fields;
    std::string body;
    std::string failure;
    std::string behind;
    bool operator==(const Meaning&) const = default;
};

void check(const ResponseHead& head) {
    require(head.status >= 100 && head.status <= 999);
    require(head.text.size() <= head_bytes);
    require(!(head.chunked && head.content_length));
    for (const auto& [name, value] : head.fields) {
        require(!name.empty() && name.find_first_of(" \t:\r\n") == std::string_view::npos);
        require(value.find_first_of(std::string_view{"\r\n\0", 3}) == std::string_view::npos);
        require(name.data() >= head.text.data() && value.data() <= head.text.data() + head.text.size());
    }
}

/// One answer out of `bytes`, given in pieces of `step`.
Meaning read(std::string_view bytes, std::size_t step, bool to_head) {
    Meaning meaning;
    ReadBuffer input;
    const auto feed = [&] {
        const auto room = input.prepare();
        const auto count = std::min({room.size(), bytes.size(), step});
        std::copy_n(bytes.data(), count, room.data());
        input.commit(count);
        bytes.remove_prefix(count);
        return count > 0;
    };
    ResponseHeadParser parser{head_bytes};
    ResponseHead head;
    for (;;) {
        const auto at = input.empty() ? ResponseHeadParser::Step::need_more : parser.advance(input.bytes());
        if (at == ResponseHeadParser::Step::complete) {
            input.consume(parser.take(input.bytes(), head));
            check(head);
            if (head.status >= 200) break;
        } else if (at != ResponseHeadParser::Step::need_more) {
            meaning.failure = "head";
            return meaning;
        } else if (!feed()) {
            meaning.failure = "cut";
            return meaning;
        }
    }
    meaning.status = head.status;
    for (const auto& [name, value] : head.fields) meaning.fields.append(name).append(":").append(value).append("\n");
    BodyReader reader;
    bool ended = false;
    const auto failed = [&] {
        meaning.failure = to_string(reader.failure("it").cause);
        require(!reader.failure("it").message().empty());
        meaning.body.clear();  // how much came before depends on the cuts
        return meaning;
    };
    if (!reader.start(head, to_head, true, limits)) return failed();
    for (;;) {
        std::string_view piece;
        switch (reader.next(input, piece)) {
            case BodyReader::Step::piece:
                require(!piece.empty());
                meaning.body.append(piece);
                require(meaning.body.size() <= limits.body_bytes);
                require(meaning.body.size() == reader.decoded_bytes());
                break;
            case BodyReader::Step::failed: return failed();
            case BodyReader::Step::end:
                meaning.behind = std::string{input.bytes()} + std::string{bytes};
                return meaning;
            case BodyReader::Step::need_more:
                if (feed()) break;
                if (ended || !reader.input_ended()) return failed();
                ended = true;
                break;
        }
    }
}

void read_names(std::string_view text) {
    if (const auto url = Url::parse(text)) {
        const auto again = Url::parse(url->to_string());
        require(again.has_value() && *again == *url);
        require(url->target.starts_with('/') && is_host(url->host));
        if (const auto target = url->resolve(text)) require(target->target.starts_with('/'));
    }
    const auto base = Url::parse("https://a.example/b/c?d").value();
    if (const auto target = base.resolve(text)) {
        require(target->target.find_first_of(std::string_view{"\r\n \0", 4}) == std::string_view::npos);
    }
    (void)Proxy::parse(text, "PROXY");
    ClientSettings settings;
    settings.no_proxy = text;
    settings.all_proxy = base::Secret{"http://p"};
    (void)ProxyRules::create(settings).value().proxy_for(base);
    if (const auto form = parse_form(text)) require(parse_form(write_form(*form)).value() == *form);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::string_view bytes{reinterpret_cast<const char*>(data) + 2, size - 2};
    if (data[0] == 'u') {
        read_names(bytes);
        return 0;
    }
    const bool to_head = data[0] == 'h';
    const auto whole = read(bytes, bytes.size() + 1, to_head);
    const auto cut = read(bytes, 1 + data[1] % 61, to_head);
    // A bomb may be told by its ratio or by its size, a broken coding before or after it: by how much was read.
    const auto decoded = [](const Meaning& meaning) {
        return meaning.failure == "decoding" || meaning.failure == "too_large" || meaning.failure == "malformed" ||
               meaning.failure == "closed";
    };
    require(whole == cut || (decoded(whole) && decoded(cut)));
    return 0;
}
