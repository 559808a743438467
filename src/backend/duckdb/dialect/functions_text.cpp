/// String functions. Source: https://docs.snowflake.com/en/sql-reference/functions-string
#include <fmt/format.h>

#include <array>

#include "backend/duckdb/dialect/functions.hpp"

namespace backend::duckdb::dialect {

namespace {

using Kind = Function::Kind;

/// CONCAT is ||: NULL as soon as one part is NULL.
Value concat(Call& call) {
    std::string sql;
    for (const Value& arg : call.args) sql += (sql.empty() ? "" : " || ") + arg.sql;
    return call.value(fmt::format("({})", sql), Type::text());
}

/// NULL as soon as a part or the separator is NULL.
Value concat_ws(Call& call) {
    std::string sql;
    for (std::size_t i = 1; i < call.count(); ++i) {
        if (i > 1) sql += fmt::format(" || {} || ", call.sql(0));
        sql += call.sql(i);
    }
    if (call.count() == 2) sql = fmt::format("CASE WHEN {} IS NOT NULL THEN {} END", call.sql(0), sql);
    return call.value(fmt::format("({})", sql), Type::text());
}

Value length(Call& call) {
    const Type result = Type::integer(Storage::i64, 18);
    if (call.type(0).is(TypeKind::binary)) return call.value(fmt::format("octet_length({})", call.sql(0)), result);
    call.coerce(0, Type::text());
    return call.value(fmt::format("length({})", call.sql(0)), result);
}

Value octet_length(Call& call) {
    const Type result = Type::integer(Storage::i64, 18);
    const std::string_view factor = call.name == "BIT_LENGTH" ? " * 8" : "";
    if (call.type(0).is(TypeKind::binary))
        return call.value(fmt::format("(octet_length({}){})", call.sql(0), factor), result);
    call.coerce(0, Type::text());
    return call.value(fmt::format("(strlen({}){})", call.sql(0), factor), result);
}

Value substr(Call& call) {
    if (call.type(0).is(TypeKind::binary)) return call.unsupported("SUBSTR of BINARY");
    call.coerce(0, Type::text());
    const std::string length = call.count() == 3 ? call.sql(2) : "9223372036854775807";
    return call.value(fmt::format("__sf_substr({}, {}, {})", call.sql(0), call.sql(1), length), Type::text());
}

Value sha2(Call& call) {
    const long bits = call.count() == 1 ? 256 : call.constant_integer(1);
    if (bits != 256) return call.unsupported(fmt::format("SHA2 of {} bits", bits), "256 works");
    return call.value(fmt::format("sha256({})", call.sql(0)), Type::text(64));
}

Value base64_encode(Call& call) {
    if (!call.type(0).is(TypeKind::binary)) {
        call.coerce(0, Type::text());
        return call.value(fmt::format("to_base64(encode({}))", call.sql(0)), Type::text());
    }
    return call.value(fmt::format("to_base64({})", call.sql(0)), Type::text());
}

Value hex_encode(Call& call) {
    if (!call.type(0).is(TypeKind::binary)) {
        call.coerce(0, Type::text());
        return call.value(fmt::format("hex(encode({}))", call.sql(0)), Type::text());
    }
    return call.value(fmt::format("hex({})", call.sql(0)), Type::text());
}

Value like(Call& call) {
    const std::string_view op = call.name;
    std::string sql = fmt::format("({} {} {}", call.sql(0), op, call.sql(1));
    if (call.count() == 3) sql += " ESCAPE " + call.sql(2);
    return call.of(sql + ")", TypeKind::boolean);
}

constexpr auto functions = std::to_array<Function>({
    {"UPPER", 1, 1, "t", "t", "upper(%1)"},
    {"LOWER", 1, 1, "t", "t", "lower(%1)"},
    {"INITCAP", 1, 1, "t", "t", "__sf_initcap(%1, ' \t\n\r\f!?@\"^#$&~_,.:;+-*%/|\\[](){}<>')"},
    {"INITCAP", 2, 2, "t", "t", "__sf_initcap(%1, %2)"},
    {"LENGTH", 1, 1, "", "", "", length},
    {"LEN", 1, 1, "", "", "", length},
    {"OCTET_LENGTH", 1, 1, "", "", "", octet_length},
    {"BIT_LENGTH", 1, 1, "", "", "", octet_length},
    {"CONCAT", 1, -1, "t", "", "", concat},
    {"CONCAT_WS", 2, -1, "t", "", "", concat_ws},
    {"SUBSTR", 2, 3, "aii", "", "", substr},
    {"SUBSTRING", 2, 3, "aii", "", "", substr},
    {"LEFT", 2, 2, "ti", "t", "left(%1, greatest(%2, 0))"},
    {"RIGHT", 2, 2, "ti", "t", "right(%1, greatest(%2, 0))"},
    {"TRIM", 1, 1, "t", "t", "trim(%1, ' ')"},
    {"TRIM", 2, 2, "t", "t", "trim(%1, %2)"},
    {"LTRIM", 1, 1, "t", "t", "ltrim(%1, ' ')"},
    {"LTRIM", 2, 2, "t", "t", "ltrim(%1, %2)"},
    {"RTRIM", 1, 1, "t", "t", "rtrim(%1, ' ')"},
    {"RTRIM", 2, 2, "t", "t", "rtrim(%1, %2)"},
    {"RTRIMMED_LENGTH", 1, 1, "t", "i", "length(rtrim(%1, ' '))"},
    {"LPAD", 2, 2, "ti", "t", "__sf_pad(%1, %2, ' ', TRUE)"},
    {"LPAD", 3, 3, "tit", "t", "__sf_pad(%1, %2, %3, TRUE)"},
    {"RPAD", 2, 2, "ti", "t", "__sf_pad(%1, %2, ' ', FALSE)"},
    {"RPAD", 3, 3, "tit", "t", "__sf_pad(%1, %2, %3, FALSE)"},
    {"REPEAT", 2, 2, "ti", "t", "repeat(%1, greatest(%2, 0))"},
    {"SPACE", 1, 1, "i", "t", "repeat(' ', greatest(%1, 0))"},
    {"REVERSE", 1, 1, "t", "t", "__sf_reverse(%1)"},
    {"REPLACE", 2, 2, "t", "t", "replace(%1, %2, '')"},
    {"REPLACE", 3, 3, "t", "t", "replace(%1, %2, %3)"},
    {"TRANSLATE", 3, 3, "t", "t", "translate(%1, %2, %3)"},
    {"INSERT", 4, 4, "tiit", "t", "__sf_insert(%1, %2, %3, %4)"},
    {"SPLIT_PART", 3, 3, "tti", "t", "__sf_split_part(%1, %2, %3)"},
    {"STRTOK", 1, 1, "t", "t", "__sf_strtok(%1, ' ', 1)"},
    {"STRTOK", 2, 2, "t", "t", "__sf_strtok(%1, %2, 1)"},
    {"STRTOK", 3, 3, "tti", "t", "__sf_strtok(%1, %2, %3)"},
    {"STRTOK_TO_ARRAY", 1, 1, "t", "k", "__sf_strtok_array(%1, ' ')"},
    {"STRTOK_TO_ARRAY", 2, 2, "t", "k", "__sf_strtok_array(%1, %2)"},
    {"SPLIT", 2, 2, "t", "k", "__sf_split_array(%1, %2)"},
    {"POSITION", 2, 2, "t", "i", "__sf_position(%1, %2, 1)"},
    {"POSITION", 3, 3, "tti", "i", "__sf_position(%1, %2, %3)"},
    {"CHARINDEX", 2, 2, "t", "i", "__sf_position(%1, %2, 1)"},
    {"CHARINDEX", 3, 3, "tti", "i", "__sf_position(%1, %2, %3)"},
    {"CONTAINS", 2, 2, "t", "b", "contains(%1, %2)"},
    {"STARTSWITH", 2, 2, "t", "b", "starts_with(%1, %2)"},
    {"ENDSWITH", 2, 2, "t", "b", "ends_with(%1, %2)"},
    {"ASCII", 1, 1, "t", "i", "CAST(CASE WHEN %1 = '' THEN 0 ELSE unicode(%1) END AS BIGINT)"},
    {"UNICODE", 1, 1, "t", "i", "CAST(CASE WHEN %1 = '' THEN 0 ELSE unicode(%1) END AS BIGINT)"},
    {"CHR", 1, 1, "i", "t", "__sf_chr(%1)"},
    {"CHAR", 1, 1, "i", "t", "__sf_chr(%1)"},
    {"MD5", 1, 1, "t", "t", "md5(%1)"},
    {"MD5_HEX", 1, 1, "t", "t", "md5(%1)"},
    {"SHA1", 1, 1, "t", "t", "sha1(%1)"},
    {"SHA1_HEX", 1, 1, "t", "t", "sha1(%1)"},
    {"SHA2", 1, 2, "ta", "", "", sha2},
    {"SHA2_HEX", 1, 2, "ta", "", "", sha2},
    {"BASE64_ENCODE", 1, 1, "", "", "", base64_encode},
    {"BASE64_DECODE_STRING", 1, 1, "t", "t", "decode(from_base64(%1))"},
    {"BASE64_DECODE_BINARY", 1, 1, "t", "x", "from_base64(%1)"},
    {"HEX_ENCODE", 1, 1, "", "", "", hex_encode},
    {"HEX_DECODE_STRING", 1, 1, "t", "t", "decode(__sf_unhex(%1))"},
    {"HEX_DECODE_BINARY", 1, 1, "t", "x", "__sf_unhex(%1)"},
    {"EDITDISTANCE", 2, 2, "t", "i", "__sf_editdistance(%1, %2)"},
    {"SOUNDEX", 1, 1, "t", "t", "__sf_soundex(%1)"},
    {"LIKE", 2, 3, "t", "", "", like},
    {"ILIKE", 2, 3, "t", "", "", like},
    {"UUID_STRING", 0, 0, "", "t", "CAST(uuid() AS VARCHAR)", nullptr, Kind::scalar, true},
});

}  // namespace

std::span<const Function> text_functions() { return functions; }

}  // namespace backend::duckdb::dialect
