/// ARRAY at run time, and FLATTEN.
#include <fmt/format.h>

#include <algorithm>

#include "backend/duckdb/dialect/decimal_text.hpp"
#include "backend/duckdb/dialect/json.hpp"
#include "backend/duckdb/dialect/registrar.hpp"

namespace backend::duckdb::dialect {

namespace {

using Text = std::string_view;
using Elements = std::vector<Text>;

void write(std::string& out, const Elements& elements) {
    out.push_back('[');
    for (std::size_t i = 0; i < elements.size(); ++i) {
        if (i > 0) out.push_back(',');
        out += elements[i];
    }
    out.push_back(']');
}

bool contains(const Elements& elements, Text wanted) {
    return std::find(elements.begin(), elements.end(), wanted) != elements.end();
}

/// Index from the end where it is negative.
std::int64_t absolute(std::int64_t index, const Elements& elements) {
    return index < 0 ? index + static_cast<std::int64_t>(elements.size()) : index;
}

void slice(Out<std::string>& out, Text array, std::int64_t from, std::int64_t to) {
    Elements elements = json_elements(array);
    const auto size = static_cast<std::int64_t>(elements.size());
    from = std::clamp<std::int64_t>(absolute(from, elements), 0, size);
    to = std::clamp<std::int64_t>(absolute(to, elements), from, size);
    write(out.value, {elements.begin() + from, elements.begin() + to});
}

void to_string(Out<std::string>& out, Text array, Text separator) {
    const Elements elements = json_elements(array);
    for (std::size_t i = 0; i < elements.size(); ++i) {
        if (i > 0) out.value += separator;
        const JsonKind kind = json_kind(elements[i]);
        if (kind == JsonKind::string) {
            out.value += json_string_value(elements[i]);
        } else if (kind != JsonKind::null) {
            out.value += elements[i];
        }
    }
}

/// Multiset intersection or difference, in the order of the first array.
void combine(Out<std::string>& out, Text first, Text second, bool common) {
    Elements rest = json_elements(second);
    Elements kept;
    for (const Text element : json_elements(first)) {
        const auto found = std::find(rest.begin(), rest.end(), element);
        const bool there = found != rest.end();
        if (there) rest.erase(found);
        if (there == common) kept.push_back(element);
    }
    write(out.value, kept);
}

/// The largest or smallest element; elements of different kinds have no order here.
void extreme(Out<std::string>& out, Text array, bool largest) {
    Elements elements = json_elements(array);
    std::erase_if(elements, [](Text element) { return json_kind(element) == JsonKind::null; });
    if (elements.empty()) return out.null();
    const auto is_number = [](Text element) {
        const JsonKind kind = json_kind(element);
        return kind == JsonKind::integer || kind == JsonKind::decimal || kind == JsonKind::real;
    };
    const bool numbers = std::all_of(elements.begin(), elements.end(), is_number);
    const bool texts = std::all_of(elements.begin(), elements.end(),
                                   [](Text element) { return json_kind(element) == JsonKind::string; });
    if (!numbers && !texts)
        return out.fail(
            "ARRAY_MIN and ARRAY_MAX of elements of different kinds are not supported by the embedded backend");
    const auto less = [numbers](Text a, Text b) {
        if (!numbers) return json_string_value(a) < json_string_value(b);
        Int128 left = 0;
        Int128 right = 0;
        if (!parse_decimal(a, 12, left) || !parse_decimal(b, 12, right))
            return std::stod(std::string{a}) < std::stod(std::string{b});
        return left < right;
    };
    out.value = largest ? *std::max_element(elements.begin(), elements.end(), less)
                        : *std::min_element(elements.begin(), elements.end(), less);
}

void range(Out<std::string>& out, std::int64_t from, std::int64_t to, std::int64_t step) {
    if (step == 0) return out.fail("ARRAY_GENERATE_RANGE: the step must not be 0");
    if ((to - from) / step > 1'000'000) return out.fail("ARRAY_GENERATE_RANGE: the array is too large");
    out.value = "[";
    for (std::int64_t i = from; step > 0 ? i < to : i > to; i += step) {
        if (out.value.size() > 1) out.value.push_back(',');
        out.value += std::to_string(i);
    }
    out.value.push_back(']');
}

void insert(Out<std::string>& out, Text array, std::int64_t position, Text element) {
    Elements elements = json_elements(array);
    const std::int64_t at = absolute(position, elements);
    if (at < 0 || at > static_cast<std::int64_t>(elements.size()))
        return out.fail("ARRAY_INSERT outside the array is not supported by the embedded backend");
    elements.insert(elements.begin() + at, element);
    write(out.value, elements);
}

}  // namespace

void register_array_functions(Registrar& registrar) {
    registrar.add<std::string(NullableText, bool)>(
        "__sf_element", [](Out<std::string>& out, NullableText element, bool compact) {
            if (!element.is_null) return static_cast<void>(out.value = fmt::format("{},", element.text));
            if (!compact)
                out.fail(
                    "A NULL element of an ARRAY (undefined) is not supported by the embedded backend; use "
                    "ARRAY_CONSTRUCT_COMPACT");
        });
    registrar.add<std::string(Text)>("__sf_array", [](Out<std::string>& out, Text text) {
        out.value = text;
        if (out.value.ends_with(",]")) out.value.erase(out.value.size() - 2, 1);
    });
    registrar.add<std::int64_t(Text)>("__sf_array_size", [](Out<std::int64_t>& out, Text array) {
        if (json_kind(array) != JsonKind::array) return out.null();
        out.value = static_cast<std::int64_t>(json_elements(array).size());
    });
    registrar.add<bool(Text, Text)>("__sf_array_contains", [](Out<bool>& out, Text element, Text array) {
        out.value = contains(json_elements(array), element);
    });
    registrar.add<std::int64_t(Text, Text)>("__sf_array_position",
                                            [](Out<std::int64_t>& out, Text element, Text array) {
                                                const Elements elements = json_elements(array);
                                                const auto found = std::find(elements.begin(), elements.end(), element);
                                                if (found == elements.end()) return out.null();
                                                out.value = found - elements.begin();
                                            });
    registrar.add<std::string(Text, Text)>("__sf_array_append", [](Out<std::string>& out, Text array, Text element) {
        Elements elements = json_elements(array);
        elements.push_back(element);
        write(out.value, elements);
    });
    registrar.add<std::string(Text, Text)>("__sf_array_prepend", [](Out<std::string>& out, Text array, Text element) {
        Elements elements = json_elements(array);
        elements.insert(elements.begin(), element);
        write(out.value, elements);
    });
    registrar.add<std::string(Text, std::int64_t, Text)>("__sf_array_insert", insert);
    registrar.add<std::string(Text, Text)>("__sf_array_remove", [](Out<std::string>& out, Text array, Text element) {
        Elements elements = json_elements(array);
        std::erase(elements, element);
        write(out.value, elements);
    });
    registrar.add<std::string(Text, std::int64_t)>(
        "__sf_array_remove_at", [](Out<std::string>& out, Text array, std::int64_t index) {
            Elements elements = json_elements(array);
            index = absolute(index, elements);
            if (index >= 0 && index < static_cast<std::int64_t>(elements.size()))
                elements.erase(elements.begin() + index);
            write(out.value, elements);
        });
    registrar.add<std::string(Text, Text)>("__sf_array_cat", [](Out<std::string>& out, Text first, Text second) {
        Elements elements = json_elements(first);
        const Elements more = json_elements(second);
        elements.insert(elements.end(), more.begin(), more.end());
        write(out.value, elements);
    });
    registrar.add<std::string(Text)>("__sf_array_compact", [](Out<std::string>& out, Text array) {
        Elements elements = json_elements(array);
        std::erase(elements, Text{"null"});
        write(out.value, elements);
    });
    registrar.add<std::string(Text)>("__sf_array_distinct", [](Out<std::string>& out, Text array) {
        Elements kept;
        for (const Text element : json_elements(array)) {
            if (!contains(kept, element)) kept.push_back(element);
        }
        write(out.value, kept);
    });
    registrar.add<std::string(Text)>("__sf_array_flatten", [](Out<std::string>& out, Text array) {
        Elements flat;
        for (const Text element : json_elements(array)) {
            if (json_kind(element) != JsonKind::array)
                return out.fail("Not an array: 'ARRAY_FLATTEN' takes an array of arrays");
            const Elements inner = json_elements(element);
            flat.insert(flat.end(), inner.begin(), inner.end());
        }
        write(out.value, flat);
    });
    registrar.add<std::string(Text)>("__sf_array_reverse", [](Out<std::string>& out, Text array) {
        Elements elements = json_elements(array);
        std::reverse(elements.begin(), elements.end());
        write(out.value, elements);
    });
    registrar.add<std::string(Text, std::int64_t, std::int64_t)>("__sf_array_slice", slice);
    registrar.add<std::string(Text, Text)>("__sf_array_to_string", to_string);
    registrar.add<std::string(Text, Text)>("__sf_array_intersection",
                                           [](Out<std::string>& out, Text a, Text b) { combine(out, a, b, true); });
    registrar.add<std::string(Text, Text)>("__sf_array_except",
                                           [](Out<std::string>& out, Text a, Text b) { combine(out, a, b, false); });
    registrar.add<bool(Text, Text)>("__sf_arrays_overlap", [](Out<bool>& out, Text a, Text b) {
        const Elements elements = json_elements(a);
        const Elements others = json_elements(b);
        out.value =
            std::any_of(elements.begin(), elements.end(), [&](Text element) { return contains(others, element); });
    });
    registrar.add<std::string(Text, bool)>("__sf_array_extreme", extreme);
    registrar.add<std::string(std::int64_t, std::int64_t, std::int64_t)>("__sf_array_range", range);
}

}  // namespace backend::duckdb::dialect
