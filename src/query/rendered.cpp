#include "query/rendered.hpp"

#include "base/json_writer.hpp"
#include "base/text.hpp"

namespace query {

std::size_t Rendered::bytes() const {
    const auto of = [](const base::Payload& payload) {
        return payload.size() + payload.segments().capacity() * sizeof(base::Payload::Segment) +
               payload.segments().size() * 96;  // the owner: a string, its lease, its control block
    };
    return of(content) + of(structured) + facts.query_id.capacity() + note.capacity();
}

void append_ends(std::string& content, std::string& structured, const Facts& facts, std::string_view note) {
    std::string words{note};
    if (!facts.cursor.empty()) words += "\ncursor: " + facts.cursor;
    if (!words.empty()) {
        content += ',';
        base::JsonWriter{content}.begin_object().field("type", "text").field("text", words).end_object();
    }
    content += ']';

    std::string tail;
    base::JsonWriter json{tail};
    json.begin_object();
    json.field("row_count", static_cast<std::uint64_t>(facts.row_count)).field("truncated", facts.truncated);
    if (facts.total_rows) json.field("total_rows", *facts.total_rows);
    if (!facts.cursor.empty()) json.field("cursor", std::string_view{facts.cursor});
    if (!facts.query_id.empty()) json.field("query_id", std::string_view{base::escape_untrusted(facts.query_id)});
    json.field("elapsed_ms", facts.elapsed_ms);
    if (!note.empty()) json.field("note", note);
    json.end_object();
    tail.front() = ',';
    structured += tail;
}

Answer close(const Rendered& rendered, std::string cursor) {
    Answer answer{.content = rendered.content, .structured = rendered.structured, .facts = rendered.facts};
    if (rendered.next == 0) return answer;
    answer.facts.cursor = std::move(cursor);
    std::string content;
    std::string structured;
    append_ends(content, structured, answer.facts, rendered.note);
    answer.content.append(std::move(content));
    answer.structured.append(std::move(structured));
    return answer;
}

}  // namespace query
