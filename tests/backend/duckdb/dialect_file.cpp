#include "backend/duckdb/dialect_file.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace backend::duckdb::testing {
namespace {

std::string unquoted(std::string cell) {
    if (cell.size() >= 2 && cell.front() == '\'' && cell.back() == '\'') return cell.substr(1, cell.size() - 2);
    return cell;
}

std::vector<std::string> cells(const std::string& line) {
    std::vector<std::string> out;
    for (std::size_t begin = 0;;) {
        const std::size_t end = line.find(" | ", begin);
        out.push_back(unquoted(line.substr(begin, end == std::string::npos ? end : end - begin)));
        if (end == std::string::npos) return out;
        begin = end + 3;
    }
}

/// The text after `word`, where the line begins with it.
bool after(const std::string& line, const std::string& word, std::string& rest) {
    if (!line.starts_with(word)) return false;
    rest = line.substr(word.size());
    return true;
}

}  // namespace

DialectFile read_dialect_file(const std::string& path) {
    DialectFile file;
    file.path = path;
    std::ifstream in{path};
    std::string line;
    std::string page;
    std::string rest;
    bool in_case = false;
    for (int number = 1; std::getline(in, line); ++number) {
        const auto complain = [&](const std::string& what) {
            file.complaints.push_back(path + ":" + std::to_string(number) + ": " + what);
        };
        if (line.empty()) {
            in_case = false;
        } else if (after(line, "# ", rest) && file.title.empty()) {
            file.title = rest;
        } else if (after(line, "page ", rest) && !in_case) {
            page = rest;
        } else if (after(line, "> ", rest)) {
            if (page.empty()) complain("a statement without a page");
            const bool goes_on = in_case && file.cases.back().rows.empty() && file.cases.back().error.empty();
            if (!goes_on) file.cases.push_back({.line = number, .page = page});
            std::string& statement = file.cases.back().statement;
            statement += (statement.empty() ? "" : "\n") + rest;
            in_case = true;
        } else if (!in_case) {
            if (!page.empty()) complain("a line that belongs to no statement");
        } else if (after(line, "names: ", rest)) {
            file.cases.back().names = cells(rest);
            for (std::size_t i = 0; i < file.cases.back().names.size(); ++i) {
                // A name may have quotes of its own: '2023_Q1'.
                std::size_t begin = 0;
                for (std::size_t k = 0; k < i; ++k) begin = rest.find(" | ", begin) + 3;
                file.cases.back().names[i] = rest.substr(begin, rest.find(" | ", begin) - begin);
            }
        } else if (after(line, "types: ", rest)) {
            file.cases.back().types = cells(rest);
        } else if (after(line, "error: ", rest)) {
            file.cases.back().error = rest;
        } else {
            file.cases.back().rows.push_back(cells(line));
        }
    }
    if (file.title.empty()) file.complaints.push_back(path + ": no title");
    for (const DialectCase& one : file.cases) {
        if (one.rows.empty() && one.error.empty() && one.names.empty()) {
            file.complaints.push_back(path + ":" + std::to_string(one.line) + ": neither rows nor an error");
        }
    }
    return file;
}

std::vector<std::string> dialect_files() {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::directory_iterator{TEST_DATA_DIR "/embedded-sql"}) {
        if (entry.path().extension() == ".test") paths.push_back(entry.path().string());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
}

}  // namespace backend::duckdb::testing
