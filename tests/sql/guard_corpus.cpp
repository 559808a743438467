#include "sql/guard_corpus.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>

#include "sql/refusal.hpp"
#include "sql/utf8.hpp"

namespace sql::test {

namespace {

std::string_view trim(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

void append_bytes(std::string& out, std::string_view hex) {
    unsigned value = 0;
    std::from_chars(hex.data(), hex.data() + hex.size(), value, 16);
    if (hex.size() <= 2) {
        out.push_back(static_cast<char>(value));
    } else {
        append_utf8(out, static_cast<char32_t>(value));
    }
}

std::string with_bytes(std::string_view sql) {
    std::string out;
    while (!sql.empty()) {
        const std::size_t open = std::min(sql.find("{{"), sql.size());
        out += sql.substr(0, open);
        sql.remove_prefix(open);
        if (sql.empty()) break;
        const std::size_t close = sql.find("}}");
        append_bytes(out, sql.substr(2, close - 2));
        sql.remove_prefix(std::min(close + 2, sql.size()));
    }
    return out;
}

std::string with_repeats(std::string_view sql, std::size_t times) {
    std::string out;
    while (!sql.empty()) {
        const std::size_t open = std::min(sql.find("<<"), sql.size());
        out += sql.substr(0, open);
        sql.remove_prefix(open);
        if (sql.empty()) break;
        const std::size_t close = sql.find(">>");
        for (std::size_t i = 0; i < times; ++i) out += sql.substr(2, close - 2);
        sql.remove_prefix(std::min(close + 2, sql.size()));
    }
    return out;
}

/// What the `key: value` lines of a block say, beside the block's own fields.
struct Options {
    bool has_bytes = false;
    std::size_t repeat = 0;
};

bool is_yes(CorpusBlock& block, std::string_view value) {
    if (value != "yes" && value != "no") block.error = "say yes or no, not " + std::string{value};
    return value == "yes";
}

/// False when the line is no `key: value` and so starts the SQL.
bool read_key(CorpusBlock& block, Options& options, std::string_view line) {
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) return false;
    const std::string_view key = line.substr(0, colon);
    const std::string_view value = trim(line.substr(colon + 2));
    if (key == "technique") {
        block.technique = value;
    } else if (key == "kind") {
        block.kind = value;
    } else if (key == "cacheable") {
        block.is_cacheable = is_yes(block, value);
    } else if (key == "stages") {
        block.policy.allow_stage_reads = is_yes(block, value);
    } else if (key == "bytes") {
        options.has_bytes = is_yes(block, value);
    } else if (key == "repeat") {
        std::from_chars(value.data(), value.data() + value.size(), options.repeat);
    } else if (key == "nesting") {
        std::from_chars(value.data(), value.data() + value.size(), block.policy.max_nesting);
    } else if (key == "commands") {
        if (auto commands = parse_commands(value)) {
            block.policy.allowed_commands = *commands;
        } else {
            block.error = commands.error().message();
        }
    } else if (key == "functions") {
        if (auto functions = parse_functions(value)) {
            block.policy.allowed_functions = std::move(*functions);
        } else {
            block.error = functions.error().message();
        }
    } else {
        return false;
    }
    return true;
}

CorpusBlock parse_block(std::string_view header, std::string_view body) {
    CorpusBlock block;
    Options options;
    header = trim(header);
    const std::size_t blank = std::min(header.find(' '), header.size());
    block.is_allowed = header.substr(0, blank) == "allow";
    block.rule = block.is_allowed ? std::string{rule::allowed} : std::string{trim(header.substr(blank))};
    if (!block.is_allowed && (header.substr(0, blank) != "deny" || block.rule.empty())) {
        block.error = "a block starts with `== allow` or `== deny RULE`";
    }
    while (!body.empty()) {
        const std::size_t end = std::min(body.find('\n'), body.size());
        if (!read_key(block, options, body.substr(0, end))) break;
        body.remove_prefix(std::min(end + 1, body.size()));
    }
    while (body.ends_with('\n')) body.remove_suffix(1);
    block.sql = std::string{body};
    if (options.repeat > 0) block.sql = with_repeats(block.sql, options.repeat);
    if (options.has_bytes) block.sql = with_bytes(block.sql);
    if (block.technique.empty()) block.error = "the technique is missing";
    return block;
}

}  // namespace

std::vector<CorpusBlock> parse_corpus(std::string_view file, std::string_view text) {
    constexpr std::string_view mark = "== ";
    std::vector<CorpusBlock> blocks;
    std::size_t line = 1;
    const auto next_block = [&](std::size_t from) {
        const std::size_t found = text.substr(from).starts_with(mark) ? from : text.find("\n== ", from);
        return found == std::string_view::npos ? text.size() : text[found] == '\n' ? found + 1 : found;
    };
    std::size_t position = next_block(0);
    line +=
        static_cast<std::size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(position), '\n'));
    while (position < text.size()) {
        const std::size_t header_end = std::min(text.find('\n', position), text.size());
        const std::size_t end = next_block(std::min(header_end + 1, text.size()));
        const std::string_view header = text.substr(position + mark.size(), header_end - position - mark.size());
        const std::size_t body = std::min(header_end + 1, text.size());
        CorpusBlock block = parse_block(header, text.substr(body, end - body));
        block.file = file;
        block.line = line;
        blocks.push_back(std::move(block));
        const std::string_view whole = text.substr(position, end - position);
        line += static_cast<std::size_t>(std::count(whole.begin(), whole.end(), '\n'));
        position = end;
    }
    return blocks;
}

std::vector<CorpusBlock> read_corpus(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator{folder}) {
        if (entry.path().extension() == ".test") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    std::vector<CorpusBlock> blocks;
    for (const auto& file : files) {
        std::ifstream in{file, std::ios::binary};
        const std::string text{std::istreambuf_iterator<char>{in}, {}};
        std::ranges::move(parse_corpus(file.filename().string(), text), std::back_inserter(blocks));
    }
    return blocks;
}

}  // namespace sql::test
