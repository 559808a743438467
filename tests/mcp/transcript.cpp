#include "mcp/transcript.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace sample {
namespace {

void read_file(const std::filesystem::path& file, std::vector<Case>& cases) {
    std::ifstream in{file};
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
        if (line.empty() || line.starts_with('#')) continue;
        if (line.starts_with("=== ")) {
            cases.push_back({.name = line.substr(4), .file = file, .steps = {}});
            continue;
        }
        const bool known = line[0] == '>' || line[0] == '<' || line[0] == '@';
        if (!known || cases.empty() || cases.back().file != file) {
            throw std::runtime_error{file.string() + ":" + std::to_string(number) + ": " + line};
        }
        const auto kind = line[0] == '>' ? Step::Kind::sent : line[0] == '<' ? Step::Kind::expected : Step::Kind::time;
        cases.back().steps.push_back(
            {.kind = kind, .text = line.size() > 2 ? line.substr(2) : std::string{}, .line = number});
    }
}

}  // namespace

std::vector<Case> read_transcripts(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator{folder}) {
        if (entry.path().extension() == ".test") files.push_back(entry.path());
    }
    std::ranges::sort(files);
    std::vector<Case> cases;
    for (const auto& file : files) read_file(file, cases);
    if (cases.empty()) throw std::runtime_error{"no transcripts in " + folder.string()};
    return cases;
}

}  // namespace sample
