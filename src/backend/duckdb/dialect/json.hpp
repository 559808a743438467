/// VARIANT values as text: compact JSON, object keys sorted, numbers in one spelling. Parsed once, then cut by
/// position.
///
/// `normalize_json` makes that form of any JSON; all other functions here expect it. Threads: pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace backend::duckdb::dialect {

/// Appends the normal form; false with `error` set where `text` is not one JSON value (duplicate keys are none either).
bool normalize_json(std::string_view text, std::string& out, std::string& error);

void append_json_string(std::string& out, std::string_view value);
std::string json_string(std::string_view value);
/// The value behind a JSON string in quotes.
std::string json_string_value(std::string_view quoted);

enum class JsonKind { null, boolean, integer, decimal, real, string, array, object };
JsonKind json_kind(std::string_view value);

/// The member's raw text, or empty.
std::string_view json_member(std::string_view object, std::string_view key);
/// The element's raw text, or empty; `index` from 0.
std::string_view json_element(std::string_view array, long index);

std::vector<std::string_view> json_elements(std::string_view array);
/// Keys (resolved) with raw values.
std::vector<std::pair<std::string, std::string_view>> json_members(std::string_view object);

}  // namespace backend::duckdb::dialect
