#include "mcp/raw_json.hpp"

namespace mcp {
namespace {

/// Walks over valid JSON. Never leaves its text, whatever it is given.
class Walker {
public:
    explicit Walker(std::string_view text) : text_{text} {}

    void skip_space() {
        while (at_ < text_.size() &&
               (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
            ++at_;
        }
    }
    bool take(char c) {
        skip_space();
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    bool at_end() const { return at_ >= text_.size(); }

    /// The text of the value here.
    std::string_view value() {
        skip_space();
        const auto begin = at_;
        int depth = 0;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '"') {
                skip_string();
            } else if (c == '{' || c == '[') {
                ++depth;
                ++at_;
            } else if (c == '}' || c == ']') {
                if (depth == 0) break;  // the end of what we stand in
                --depth;
                ++at_;
            } else if (depth == 0 && (c == ',' || c == ':' || c == ' ' || c == '\t' || c == '\n' || c == '\r')) {
                break;
            } else {
                ++at_;
                continue;  // inside a number or a name, or punctuation deeper down
            }
            if (depth == 0) break;
        }
        return text_.substr(begin, at_ - begin);
    }

private:
    void skip_string() {
        for (++at_; at_ < text_.size(); ++at_) {
            if (text_[at_] == '\\') {
                ++at_;
            } else if (text_[at_] == '"') {
                ++at_;
                return;
            }
        }
        at_ = text_.size();
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

std::string_view raw_member(std::string_view object, std::string_view key) {
    Walker walker{object};
    std::string_view found;
    if (!walker.take('{')) return {};
    while (!walker.at_end()) {
        const auto name = walker.value();
        if (name.size() < 2 || !walker.take(':')) break;
        const auto value = walker.value();
        if (name.substr(1, name.size() - 2) == key) found = value;
        if (!walker.take(',')) break;
    }
    return found;
}

std::vector<std::string_view> raw_elements(std::string_view array) {
    Walker walker{array};
    std::vector<std::string_view> elements;
    if (!walker.take('[')) return elements;
    while (!walker.at_end()) {
        const auto value = walker.value();
        if (value.empty()) break;
        elements.push_back(value);
        if (!walker.take(',')) break;
    }
    return elements;
}

}  // namespace mcp
