#include "backend/snowflake/result/query_answer.hpp"

#include <fmt/format.h>

#include <array>

#include "backend/snowflake/result/json_scan.hpp"
#include "base/text.hpp"

namespace backend::snowflake {
namespace {

constexpr int deepest_field = 64;  // of structured types; the server's own limit is lower

std::optional<std::uint64_t> count_of(std::string_view value) {
    const auto number = scalar_number(value);
    if (!number || *number < 0) return std::nullopt;
    return static_cast<std::uint64_t>(*number);
}

std::vector<std::string> split_ids(std::string_view value) {
    std::vector<std::string> ids;
    const std::string text = scalar_text(value);
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        if (const auto id = base::trim(std::string_view{text}.substr(at, end - at)); !id.empty()) ids.emplace_back(id);
        at = end + 1;
    }
    return ids;
}

bool read_row_types(JsonScan& scan, std::vector<RowType>& types, int depth);

bool read_row_type_field(JsonScan& scan, std::string_view key, RowType& type, int depth) {
    if (key == "fields" && scan.peek() == '[') return read_row_types(scan, type.fields, depth + 1);
    std::string_view value;
    if (!scan.value(value)) return false;
    if (key == "name") {
        type.name = scalar_text(value);
    } else if (key == "type") {
        type.type = base::to_lower(scalar_text(value));
    } else if (key == "extTypeName") {
        type.ext_type_name = base::to_lower(scalar_text(value));
    } else if (key == "nullable") {
        type.nullable = value != "false";
    } else if (key == "length") {
        type.length = scalar_number(value);
    } else if (key == "byteLength") {
        type.byte_length = scalar_number(value);
    } else if (key == "precision") {
        type.precision = scalar_number(value);
    } else if (key == "scale") {
        type.scale = scalar_number(value);
    } else if (key == "vectorDimension") {
        type.vector_dimension = scalar_number(value);
    }
    return true;
}

bool read_row_types(JsonScan& scan, std::vector<RowType>& types, int depth) {
    if (depth > deepest_field) return false;
    return scan.array([&] {
        RowType& type = types.emplace_back();
        return scan.object([&](std::string_view key) { return read_row_type_field(scan, key, type, depth); });
    });
}

bool read_stats(JsonScan& scan, QueryAnswer::DmlStats& stats) {
    return scan.object([&](std::string_view key) {
        std::string_view value;
        if (!scan.value(value)) return false;
        if (key == "numRowsInserted") stats.inserted = count_of(value);
        if (key == "numRowsUpdated") stats.updated = count_of(value);
        if (key == "numRowsDeleted") stats.deleted = count_of(value);
        if (key == "numDmlDuplicates" || key == "numDuplicateRowsUpdated") stats.duplicates = count_of(value);
        return true;
    });
}

/// Where a value of the answer goes: one row a field, found by the hash-free switch below on length and text.
class Reader {
public:
    explicit Reader(QueryAnswer& answer) : answer_{answer}, scan_{answer.body} {}

    bool run() {
        if (!scan_.object([&](std::string_view key) { return envelope_field(key); })) return false;
        return scan_.peek() == '\0';
    }

private:
    QueryAnswer::Slice slice(std::string_view value) const {
        return {static_cast<std::size_t>(value.data() - scan_.text().data()), value.size()};
    }

    bool envelope_field(std::string_view key) {
        if (key == "data" && scan_.peek() == '{') {
            answer_.has_data = true;
            return scan_.object([&](std::string_view name) { return data_field(name); });
        }
        std::string_view value;
        if (!scan_.value(value)) return false;
        if (key == "success") {
            answer_.success = value == "true" || value == "\"true\"";
        } else if (key == "code") {
            answer_.code = static_cast<int>(scalar_number(value).value_or(0));
        } else if (key == "message") {
            answer_.message = scalar_text(value);
        }
        return true;
    }

    bool data_field(std::string_view key) {
        const char first = scan_.peek();
        if ((key == "rowtype" || key == "rowType") && first == '[') {
            answer_.has_row_types = true;
            answer_.row_types.clear();
            return read_row_types(scan_, answer_.row_types, 0);
        }
        if (key == "stats" && first == '{') return read_stats(scan_, answer_.stats);
        std::string_view value;
        if (!scan_.value(value)) return false;
        if (key == "rowset" || key == "rowsetBase64" || key == "chunks" || key == "chunkHeaders" || key == "qrmk" ||
            key == "queryContext" || key == "parameters" || key == "queryResultFormat") {
            keep_field(key, value);
        } else if (!set_text(key, value)) {
            set_number(key, value);
        }
        return true;
    }

    void keep_field(std::string_view key, std::string_view value) {
        const char first = value.front();
        if (key == "rowset") {
            answer_.rowset = first == '[' ? QueryAnswer::Rowset::array : QueryAnswer::Rowset::null;
            if (first == '[') answer_.rowset_ = slice(value.substr(1, value.size() - 2));
        } else if (key == "rowsetBase64" && first == '"') {
            answer_.rowset_base64_ = slice(value.substr(1, value.size() - 2));
        } else if (key == "chunks" && first == '[') {
            answer_.chunks_ = JsonScan{value.substr(1)}.peek() == ']' ? QueryAnswer::Slice{} : slice(value);
        } else if (key == "chunkHeaders" && first == '{') {
            answer_.chunk_headers_ = slice(value);
            answer_.has_chunk_headers_ = true;
        } else if (key == "qrmk" && first == '"') {
            answer_.qrmk_ = slice(value);
        } else if (key == "queryContext" && first == '{') {
            answer_.query_context_ = slice(value);
        } else if (key == "parameters" && first == '[') {
            answer_.parameters_ = slice(value);
        } else if (key == "queryResultFormat") {
            set_format(scalar_text(value));
        }
    }

    void set_format(std::string text) {
        if (base::iequals(text, "arrow") || base::iequals(text, "arrow_force")) {
            answer_.format = RowFormat::arrow;
        } else if (!text.empty() && !base::iequals(text, "json")) {
            answer_.unknown_format = std::move(text);
        }
    }

    bool set_text(std::string_view key, std::string_view value) {
        struct Field {
            std::string_view key;
            std::string QueryAnswer::* member;
        };
        static constexpr std::array<Field, 8> fields{{
            {"queryId", &QueryAnswer::query_id},
            {"sqlState", &QueryAnswer::sql_state},
            {"getResultUrl", &QueryAnswer::get_result_url},
            {"progressDesc", &QueryAnswer::progress},
            {"finalRoleName", &QueryAnswer::final_role},
            {"finalWarehouseName", &QueryAnswer::final_warehouse},
            {"finalDatabaseName", &QueryAnswer::final_database},
            {"finalSchemaName", &QueryAnswer::final_schema},
        }};
        for (const Field& field : fields) {
            if (field.key != key) continue;
            answer_.*field.member = scalar_text(value);
            return true;
        }
        return false;
    }

    void set_number(std::string_view key, std::string_view value) {
        if (key == "total") {
            answer_.total = count_of(value);
        } else if (key == "returned") {
            answer_.returned = count_of(value);
        } else if (key == "statementTypeId") {
            answer_.statement_type_id = scalar_number(value);
        } else if (key == "version") {
            answer_.version = scalar_number(value);
        } else if (key == "numberOfBinds") {
            answer_.number_of_binds = scalar_number(value);
        } else if (key == "queryAbortsAfterSecs") {
            if (const auto seconds = scalar_number(value); seconds && *seconds > 0)
                answer_.abort_after = std::chrono::seconds{*seconds};
        } else if (key == "line") {
            answer_.error_line = scalar_number(value);
        } else if (key == "pos") {
            answer_.error_position = scalar_number(value);
        } else if (key == "resultIds") {
            answer_.result_ids = split_ids(value);
        } else if (key == "resultTypes") {
            answer_.result_types = split_ids(value);
        }
    }

    QueryAnswer& answer_;
    JsonScan scan_;
};

/// Walks over `parameters`; `each` answers false to stop.
template <class Each>
void each_parameter(std::string_view text, Each&& each) {
    JsonScan scan{text};
    scan.array([&] {
        std::string_view name;
        std::string_view value;
        const bool whole = scan.object([&](std::string_view key) {
            std::string_view field;
            if (!scan.value(field)) return false;
            if (key == "name") name = field;
            if (key == "value") value = field;
            return true;
        });
        return whole && each(name, value);
    });
}

HeaderList read_headers(std::string_view object) {
    HeaderList headers;
    JsonScan scan{object};
    scan.object([&](std::string_view key) {
        std::string_view value;
        if (!scan.value(value)) return false;
        std::string name;
        if (append_unescaped(name, key) && value != "null") headers.emplace_back(std::move(name), scalar_text(value));
        return true;
    });
    return headers;
}

base::Error broken(std::string_view what) {
    return base::Error{base::Kind::unavailable, fmt::format("the server's answer {}", what)}.at(base::Stage::result);
}

}  // namespace

ParameterList QueryAnswer::parameters() const {
    ParameterList list;
    each_parameter(parameters_text(), [&](std::string_view name, std::string_view value) {
        list.emplace_back(scalar_text(name), scalar_text(value));
        return true;
    });
    return list;
}

std::optional<std::string> QueryAnswer::parameter(std::string_view wanted) const {
    std::optional<std::string> found;
    each_parameter(parameters_text(), [&](std::string_view name, std::string_view value) {
        if (name.size() != wanted.size() + 2 || !base::iequals(name.substr(1, wanted.size()), wanted)) return true;
        found = scalar_text(value);
        return false;
    });
    return found;
}

base::Result<std::vector<Chunk>> QueryAnswer::chunks() const {
    std::vector<Chunk> list;
    if (!has_chunks()) return list;
    JsonScan scan{view(chunks_)};
    const bool whole = scan.array([&] {
        Chunk& chunk = list.emplace_back();
        const bool read = scan.object([&](std::string_view key) {
            std::string_view value;
            if (!scan.value(value)) return false;
            if (key == "url") chunk.url = scalar_text(value);
            if (key == "rowCount") chunk.rows = count_of(value).value_or(0);
            if (key == "uncompressedSize") chunk.uncompressed_bytes = count_of(value);
            if (key == "compressedSize") chunk.compressed_bytes = count_of(value);
            return true;
        });
        return read && !chunk.url.empty();
    });
    if (!whole) return base::fail(broken("lists chunks of rows that have no address"));
    return list;
}

HeaderList QueryAnswer::chunk_headers() const {
    if (has_chunk_headers_) return read_headers(view(chunk_headers_));
    const std::string key = scalar_text(view(qrmk_));
    if (key.empty()) return {};
    return {{"x-amz-server-side-encryption-customer-algorithm", "AES256"},
            {"x-amz-server-side-encryption-customer-key", key}};
}

base::Result<QueryAnswer> parse_query_answer(std::string body) {
    QueryAnswer answer;
    answer.body = std::move(body);
    if (answer.body.starts_with("\xEF\xBB\xBF")) answer.body.erase(0, 3);
    JsonScan first{answer.body};
    if (first.peek() != '{') {
        return base::fail(broken(first.peek() == '\0' ? "is empty"
                                 : first.peek() == '<'
                                     ? "is a web page, not JSON: is SNOWFLAKE_HOST the account's host, and no proxy in "
                                       "the way that answers in its place?"
                                     : "is not JSON"));
    }
    if (!Reader{answer}.run()) return base::fail(broken("is not whole: it broke off, or is not JSON"));
    return answer;
}

}  // namespace backend::snowflake
