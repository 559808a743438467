#include "backend/snowflake/wire/envelope.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>
#include <system_error>

namespace backend::snowflake {

namespace json = boost::json;

namespace {

std::unexpected<base::Error> not_an_envelope(std::string_view why) {
    return base::fail(base::Error{base::Kind::unavailable,
                                  std::string{"the server's answer is not one of Snowflake's: "}.append(why).append(
                                      ". Is a proxy or another service answering for "
                                      "the account's host (SNOWFLAKE_HOST)?")}
                          .at(base::Stage::login));
}

/// "000604", "390112", 390112; 0 for anything else.
int code_of(const json::value& value) {
    if (const auto* const number = value.if_int64()) {
        return *number >= 0 && *number <= 999'999'999 ? static_cast<int>(*number) : 0;
    }
    if (const auto* const text = value.if_string()) {
        int code = 0;
        const auto [end, failed] = std::from_chars(text->data(), text->data() + text->size(), code);
        return failed == std::errc{} && end == text->data() + text->size() && code >= 0 ? code : 0;
    }
    return 0;
}

std::optional<std::string> text_of(const json::value& value) {
    switch (value.kind()) {
        case json::kind::string: return std::string{value.get_string()};
        case json::kind::bool_: return value.get_bool() ? "true" : "false";
        case json::kind::int64:
        case json::kind::uint64:
        case json::kind::double_: return json::serialize(value);
        default: return std::nullopt;
    }
}

}  // namespace

struct Envelope::Tree {
    json::value root;
    const json::value* data = nullptr;  // inside `root`; null where there is none

    const json::value* find(std::string_view path) const {
        const json::value* at = data;
        while (at != nullptr && !path.empty()) {
            const auto dot = path.find('.');
            const json::object* const object = at->if_object();
            at = object == nullptr ? nullptr : object->if_contains(path.substr(0, dot));
            path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
        }
        return at;
    }
};

base::Result<Envelope> Envelope::parse(std::string_view body) {
    if (body.size() > max_bytes) {
        return not_an_envelope("it is larger than 16 MiB");
    }
    json::parse_options options;
    options.max_depth = 64;
    boost::system::error_code failed;
    auto tree = std::make_unique<Tree>();
    tree->root = json::parse(body, failed, {}, options);
    if (failed) {
        return not_an_envelope(body.empty() ? "it is empty" : "it is not whole JSON");
    }
    const json::object* const object = tree->root.if_object();
    if (object == nullptr) {
        return not_an_envelope("it is JSON, but not an object");
    }
    if (const json::value* const data = object->if_contains("data"); data != nullptr && !data->is_null()) {
        tree->data = data;
    }
    const json::value* const code = object->if_contains("code");
    const json::value* const success = object->if_contains("success");
    const json::value* const message = object->if_contains("message");
    if (success == nullptr && tree->data == nullptr && code == nullptr) {
        return not_an_envelope("it has neither data nor code");
    }
    const int number = code == nullptr ? 0 : code_of(*code);
    std::string text = message == nullptr ? std::string{} : text_of(*message).value_or("");
    const bool good = success != nullptr && success->is_bool() ? success->get_bool() : number == 0;
    Envelope envelope{std::move(tree)};
    envelope.success_ = good;
    envelope.code_ = number;
    envelope.message_ = std::move(text);
    return envelope;
}

Envelope::Envelope(std::unique_ptr<Tree> tree) : tree_{std::move(tree)} {}
Envelope::Envelope(Envelope&&) noexcept = default;
Envelope& Envelope::operator=(Envelope&&) noexcept = default;
Envelope::~Envelope() = default;

bool Envelope::has_data() const { return tree_->data != nullptr; }

std::optional<std::string> Envelope::text(std::string_view path) const {
    const json::value* const found = tree_->find(path);
    return found == nullptr ? std::nullopt : text_of(*found);
}

std::optional<std::int64_t> Envelope::whole(std::string_view path) const {
    const json::value* const found = tree_->find(path);
    if (found == nullptr) {
        return std::nullopt;
    }
    if (const auto* const number = found->if_int64()) {
        return *number;
    }
    const auto text = text_of(*found);
    std::int64_t number = 0;
    if (!text) {
        return std::nullopt;
    }
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    return error == std::errc{} && end == text->data() + text->size() ? std::optional{number} : std::nullopt;
}

std::optional<std::chrono::seconds> Envelope::lifetime(std::string_view path) const {
    constexpr std::chrono::seconds longest = std::chrono::weeks{1};
    const auto seconds = whole(path);
    if (!seconds || *seconds <= 0) {
        return std::nullopt;
    }
    return std::chrono::seconds{std::min<std::int64_t>(*seconds, longest.count())};
}

std::optional<bool> Envelope::boolean(std::string_view path) const {
    const json::value* const found = tree_->find(path);
    return found != nullptr && found->is_bool() ? std::optional{found->get_bool()} : std::nullopt;
}

Parameters Envelope::parameters() const {
    Parameters all;
    const json::value* const found = tree_->find("parameters");
    const json::array* const array = found == nullptr ? nullptr : found->if_array();
    if (array == nullptr) {
        return all;
    }
    for (const json::value& entry : *array) {
        const json::object* const object = entry.if_object();
        const json::value* const name = object == nullptr ? nullptr : object->if_contains("name");
        const json::value* const value = object == nullptr ? nullptr : object->if_contains("value");
        if (name != nullptr && name->is_string() && value != nullptr) {
            if (auto text = text_of(*value)) {
                all.emplace_back(std::string{name->get_string()}, std::move(*text));
            }
        }
    }
    return all;
}

}  // namespace backend::snowflake
