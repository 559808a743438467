/// Writes JSON by appending to a string: no tree, no allocation but the buffer's growth.
///
/// Commas are put by the writer; nesting is the caller's to keep (asserted in debug builds). Strings must be UTF-8;
/// bytes that are not become U+FFFD. Control characters are \u-escaped, and so are U+2028/2029 (they end lines in
/// JavaScript).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace base {

class JsonWriter {
public:
    explicit JsonWriter(std::string& out) : out_{out} {}

    JsonWriter& begin_object();
    JsonWriter& end_object();
    JsonWriter& begin_array();
    JsonWriter& end_array();
    JsonWriter& key(std::string_view name);

    JsonWriter& string(std::string_view value);
    JsonWriter& number(std::int64_t value);
    JsonWriter& number(std::uint64_t value);
    JsonWriter& number(int value) { return number(static_cast<std::int64_t>(value)); }
    JsonWriter& number(double value);  ///< shortest text that reads back the same; NaN and infinities become null
    JsonWriter& boolean(bool value);
    JsonWriter& null();
    /// A finished JSON value, as it is.
    JsonWriter& raw(std::string_view json);

    /// key + value in one go.
    JsonWriter& field(std::string_view name, std::string_view value) { return key(name).string(value); }
    JsonWriter& field(std::string_view name, const char* value) { return key(name).string(value); }
    JsonWriter& field(std::string_view name, std::int64_t value) { return key(name).number(value); }
    JsonWriter& field(std::string_view name, std::uint64_t value) { return key(name).number(value); }
    JsonWriter& field(std::string_view name, int value) { return key(name).number(value); }
    JsonWriter& field(std::string_view name, double value) { return key(name).number(value); }
    JsonWriter& field(std::string_view name, bool value) { return key(name).boolean(value); }

    std::string& buffer() { return out_; }

private:
    void separate();
    std::string& out_;
    int depth_ = 0;
    bool needs_comma_ = false;
};

/// Appends `value` as a JSON string with its quotes.
void append_json_string(std::string& out, std::string_view value);

}  // namespace base
