/// Transcripts: text files under tests/data/mcp that say what goes in and what must come out. Anyone can add to them.
///
///     # a comment
///     === a name for the case: each begins with a fresh server
///     > what is sent
///     < what must come back, in order (JSON is compared by json_match.hpp)
///     @ 100        the clock moves by so many milliseconds
///
/// What the lines hold is the reader's: one message each (lines), or method, headers and body (http).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace sample {

struct Step {
    enum class Kind { sent, expected, time };
    Kind kind;
    std::string text;
    int line = 0;
};

struct Case {
    std::string name;
    std::filesystem::path file;
    std::vector<Step> steps;
    std::string where(const Step& step) const { return file.filename().string() + ":" + std::to_string(step.line); }
};

/// All cases of the files `*.test` in the folder, sorted by name. Throws where a line is none of the above.
std::vector<Case> read_transcripts(const std::filesystem::path& folder);

}  // namespace sample
