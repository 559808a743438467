/// Compares an answer with what a transcript expects of it.
#pragma once

#include <string>
#include <string_view>

namespace sample {

/// Empty where `actual` fits; else the path and what differs. Every member of an expected object must be there and fit;
/// more may be there. Arrays fit element by element. "*" fits anything; "!" as a member's value: the member is absent;
/// "~text": a string that holds the text.
std::string mismatch(std::string_view expected_json, std::string_view actual_json);

}  // namespace sample
