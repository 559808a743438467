#include "capacity/bench/answer_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>

#include "base/text.hpp"

namespace capacity::bench {
namespace {

using ErrorCode = boost::system::error_code;
using JsonText = boost::json::string_view;

constexpr std::size_t longest_known = 256 * 1024;
constexpr std::size_t most_known = 8;
constexpr std::size_t longest_example = 300;
constexpr std::size_t longest_collected = 1024 * 1024;
constexpr std::size_t longest_searched = 16 * 1024;  // std::regex recurses over the text

std::string cut(std::string_view text) {
    std::string shown = base::escape_untrusted(text.substr(0, longest_example));
    std::ranges::replace_if(shown, [](char c) { return c == '\n' || c == '\t'; }, ' ');
    if (text.size() > longest_example) shown += "...";
    return shown;
}

class Digits {
public:
    explicit Digits(std::uint64_t id)
        : size_{static_cast<std::size_t>(std::to_chars(text_.data(), text_.data() + text_.size(), id).ptr -
                                         text_.data())} {}
    std::string_view view() const { return {text_.data(), size_}; }

private:
    std::array<char, 20> text_;
    std::size_t size_;
};

/// Where the parser stands: only what tells a correct answer from others has a name.
enum class Place : std::uint8_t { root, result, error, error_data, content, item, other };
enum class Key : std::uint8_t {
    none,
    jsonrpc,
    id,
    method,
    result,
    error,
    is_error,
    result_type,
    content,
    text,
    code,
    message,
    data,
    kind,
    tools
};

Key key_in(Place place, std::string_view name) {
    switch (place) {
        case Place::root:
            if (name == "jsonrpc") return Key::jsonrpc;
            if (name == "id") return Key::id;
            if (name == "method") return Key::method;
            if (name == "result") return Key::result;
            if (name == "error") return Key::error;
            break;
        case Place::result:
            if (name == "isError") return Key::is_error;
            if (name == "resultType") return Key::result_type;
            if (name == "content") return Key::content;
            if (name == "tools") return Key::tools;
            break;
        case Place::error:
            if (name == "code") return Key::code;
            if (name == "message") return Key::message;
            if (name == "data") return Key::data;
            break;
        case Place::error_data:
            if (name == "kind") return Key::kind;
            break;
        case Place::item:
            if (name == "text") return Key::text;
            break;
        case Place::content:
        case Place::other: break;
    }
    return Key::none;
}

/// What an answer is, by the events of a parser.
struct Events {
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t deepest = 256;

    bool collect_text = false;
    std::array<Place, deepest + 1> places{};
    std::size_t depth = 0;
    Key key = Key::none;
    bool is_object = false;
    bool version_2 = false;
    bool has_id = false;
    bool id_is_number = false;
    std::uint64_t id = 0;
    bool has_method = false;
    bool has_result = false;
    bool result_is_object = false;
    bool has_error = false;
    bool is_error = false;
    bool has_content = false;
    bool has_tools = false;
    std::int64_t code = 0;
    std::string word;         // the string or key that is being read
    std::string result_type;  // empty: complete
    std::string message;
    std::string kind;
    std::string text;  // of content, or of an error
    std::string first_text;

    void reset(bool collect) {
        collect_text = collect;
        depth = 0;
        key = Key::none;
        is_object = version_2 = has_id = id_is_number = has_method = has_result = result_is_object = false;
        has_error = is_error = has_content = has_tools = false;
        id = 0;
        code = 0;
        word.clear();
        result_type.clear();
        message.clear();
        kind.clear();
        text.clear();
        first_text.clear();
    }

    Place place() const { return depth == 0 ? Place::other : places[depth - 1]; }
    void enter(Place inner) {
        if (depth < places.size()) places[depth] = inner;
        ++depth;
        key = Key::none;
    }
    void note_value() {
        if (place() != Place::root) return;
        if (key == Key::id) has_id = true;
        if (key == Key::method) has_method = true;
        if (key == Key::result) has_result = true;
        if (key == Key::error) has_error = true;
    }

    bool on_document_begin(ErrorCode&) { return true; }
    bool on_document_end(ErrorCode&) { return true; }
    bool on_object_begin(ErrorCode&) {
        if (depth == 0) {
            is_object = true;
            enter(Place::root);
            return true;
        }
        note_value();
        Place inner = Place::other;
        if (place() == Place::root && key == Key::result) {
            result_is_object = true;
            inner = Place::result;
        } else if (place() == Place::root && key == Key::error) {
            inner = Place::error;
        } else if (place() == Place::error && key == Key::data) {
            inner = Place::error_data;
        } else if (place() == Place::content) {
            inner = Place::item;
        }
        enter(inner);
        return true;
    }
    bool on_object_end(std::size_t, ErrorCode&) { return leave(); }
    bool on_array_begin(ErrorCode&) {
        note_value();
        const bool content = place() == Place::result && key == Key::content;
        if (content) has_content = true;
        if (place() == Place::result && key == Key::tools) has_tools = true;
        enter(content ? Place::content : Place::other);
        return true;
    }
    bool on_array_end(std::size_t, ErrorCode&) { return leave(); }
    bool leave() {
        --depth;
        key = Key::none;
        return true;
    }
    bool on_key_part(JsonText part, std::size_t, ErrorCode&) {
        word.append(part.data(), part.size());
        return true;
    }
    bool on_key(JsonText part, std::size_t total, ErrorCode&) {
        if (total == part.size()) {
            key = key_in(place(), {part.data(), part.size()});
        } else {
            word.append(part.data(), part.size());
            key = key_in(place(), word);
        }
        word.clear();
        return true;
    }
    std::string* wanted() {
        switch (key) {
            case Key::text:
                if (collect_text && text.size() < longest_collected) return &text;
                return first_text.size() < longest_example ? &first_text : nullptr;
            case Key::jsonrpc: return &word;
            case Key::result_type: return &result_type;
            case Key::message: return &message;
            case Key::kind: return &kind;
            default: return nullptr;
        }
    }
    bool on_string_part(JsonText part, std::size_t, ErrorCode&) {
        if (std::string* into = wanted()) into->append(part.data(), part.size());
        return true;
    }
    bool on_string(JsonText part, std::size_t, ErrorCode&) {
        note_value();
        if (std::string* into = wanted()) into->append(part.data(), part.size());
        if (key == Key::jsonrpc) version_2 = word == "2.0";
        if (key == Key::text && collect_text) text += '\n';
        word.clear();
        return true;
    }
    bool on_number_part(JsonText, ErrorCode&) { return true; }
    bool on_int64(std::int64_t value, JsonText, ErrorCode&) {
        note_value();
        if (key == Key::id) {
            id_is_number = value >= 0;
            id = static_cast<std::uint64_t>(value);
        }
        if (key == Key::code) code = value;
        return true;
    }
    bool on_uint64(std::uint64_t value, JsonText, ErrorCode&) {
        note_value();
        if (key == Key::id) {
            id_is_number = true;
            id = value;
        }
        return true;
    }
    bool on_double(double value, JsonText, ErrorCode&) {
        note_value();
        if (key == Key::id && value >= 0 && value < 9e15) {  // 1000000000.0 is the same number
            id = static_cast<std::uint64_t>(value);
            id_is_number = static_cast<double>(id) == value;
        }
        return true;
    }
    bool on_bool(bool value, ErrorCode&) {
        note_value();
        if (key == Key::is_error) is_error = value;
        return true;
    }
    bool on_null(ErrorCode&) {
        note_value();
        return true;
    }
    bool on_comment_part(JsonText, ErrorCode&) { return true; }
    bool on_comment(JsonText, ErrorCode&) { return true; }
};

boost::json::parse_options options() {
    boost::json::parse_options strict;
    strict.max_depth = Events::deepest;
    return strict;
}

Verdict failed(std::string kind, std::string_view example) { return {Outcome::failed, std::move(kind), cut(example)}; }

}  // namespace

struct AnswerCheck::Parser {
    boost::json::basic_parser<Events> json{options()};

    /// False for what is not one JSON text.
    bool read(std::string_view body, bool collect_text) {
        json.reset();
        json.handler().reset(collect_text);
        ErrorCode error;
        const std::size_t used = json.write_some(false, body.data(), body.size(), error);
        return !error && body.find_first_not_of(" \t\r\n", used) == std::string_view::npos;
    }
    const Events& events() { return json.handler(); }
};

AnswerCheck::AnswerCheck(const Workload& workload) : parser_{std::make_unique<Parser>()} {
    for (const WorkloadRequest& request : workload.requests) {
        auto& expectation = expectations_.emplace_back();
        expectation.request = &request;
        if (!request.expect_regex.empty()) {
            expectation.regex = std::make_unique<std::regex>(request.expect_regex, std::regex::ECMAScript);
        }
    }
}
AnswerCheck::~AnswerCheck() = default;

bool AnswerCheck::is_known(std::string_view body, std::size_t request, std::uint64_t id) {
    Expectation& expectation = expectations_[request];
    const Digits digits{id};
    const std::string_view mark = digits.view();
    for (const Known& known : expectation.known) {
        if (body.size() == known.before.size() + mark.size() + known.after.size() && body.starts_with(known.before) &&
            body.substr(known.before.size()).starts_with(mark) && body.ends_with(known.after)) {
            ++expectation.hits;
            return true;
        }
    }
    return false;
}

/// Only where the id stands once: elsewhere its digits may mean something. Gives up where answers never repeat.
void AnswerCheck::keep(Expectation& expectation, std::string_view body, std::uint64_t id) {
    if (body.size() > longest_known || (expectation.kept > 64 && expectation.hits < expectation.kept)) return;
    const Digits digits{id};
    const std::string_view mark = digits.view();
    const auto at = body.find(mark);
    if (at == std::string_view::npos || body.find(mark, at + 1) != std::string_view::npos) return;
    Known known{std::string{body.substr(0, at)}, std::string{body.substr(at + mark.size())}};
    ++expectation.kept;
    if (expectation.known.size() < most_known) {
        expectation.known.push_back(std::move(known));
    } else {
        expectation.known[expectation.next++ % most_known] = std::move(known);
    }
}

Verdict AnswerCheck::judge(std::string_view body, std::size_t request, std::uint64_t id) {
    Expectation& expectation = expectations_[request];
    const bool expects = expectation.regex || !expectation.request->expect.empty();
    if (!parser_->read(body, expects)) return failed("not JSON", body);
    const Events& seen = parser_->events();
    if (!seen.is_object || !seen.version_2) return failed("not JSON-RPC 2.0", body);
    if (seen.has_error) {
        Verdict verdict = failed(fmt::format("JSON-RPC error {}", seen.code), seen.message);
        if (seen.kind == "overloaded") verdict.outcome = Outcome::refused;
        return verdict;
    }
    if (!seen.has_result || !seen.result_is_object) return failed("no result", body);
    if (!seen.has_id || !seen.id_is_number || seen.id != id) return failed("wrong id", body);
    if (!seen.result_type.empty() && seen.result_type != "complete") {
        return failed("incomplete result", seen.result_type);
    }
    const bool is_call = !expectation.request->tool.empty();
    if (seen.is_error && is_call) return failed("tool error", expects ? seen.text : seen.first_text);
    if (is_call && !seen.has_content) return failed("no content", body);
    if (expectation.request->method == "tools/list" && !seen.has_tools) return failed("no tools", body);
    if (!expectation.request->expect.empty() && seen.text.find(expectation.request->expect) == std::string::npos) {
        return failed("not the expected text", seen.text);
    }
    if (expectation.regex) {
        try {
            if (!std::regex_search(seen.text.substr(0, longest_searched), *expectation.regex))
                return failed("not the expected text", seen.text);
        } catch (const std::regex_error&) {  // its own limits of steps or depth
            return failed("not the expected text", "the regular expression is too costly for this answer");
        }
    }
    keep(expectation, body, id);
    return {};
}

std::uint64_t AnswerCheck::response_id(std::string_view body) {
    if (!parser_->read(body, false)) return 0;
    const Events& seen = parser_->events();
    return !seen.has_method && (seen.has_result || seen.has_error) && seen.id_is_number ? seen.id : 0;
}

}  // namespace capacity::bench
