/// Typed arguments: a described C++ struct gives both its JSON Schema and a parser whose errors name the argument.
///
///     struct SampleTable {
///         std::string table_name;
///         std::optional<std::string> schema;
///         int limit = 100;
///     };
///     BOOST_DESCRIBE_STRUCT(SampleTable, (), (table_name, schema, limit))
///
///     mcp::Arguments<SampleTable> arguments{{
///         {.name = "table_name", .description = "Name of the table", .min_length = 1},
///         {.name = "limit", .description = "Rows to return", .presence = mcp::Presence::defaulted,
///          .minimum = 1, .maximum = 10000},
///     }};
///     tool.input_schema = arguments.schema();
///     tool.handler = mcp::with_arguments(arguments, [](mcp::ToolContext&, SampleTable args) -> mcp::ToolOutcome {…});
///
/// Members: `std::string`, `bool`, integers, `double`, described enums (as strings), `JsonText` (any JSON value),
/// `std::vector<M>`, described structs, and `std::optional<M>` of these. A member is required unless it is optional or
/// its rule says `defaulted` (then the struct's own initial value is used and shown). `null` counts as absent for what
/// is not required. An unknown argument is an error that names the nearest known one.
/// Threads: immutable after construction; `parse` from any.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/json/fwd.hpp>
#include <boost/mp11/algorithm.hpp>

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "mcp/tool.hpp"

namespace mcp {

enum class Presence : std::uint8_t {
    by_type,    ///< required, or optional for `std::optional`
    defaulted,  ///< may be left out: the struct's initial value
};

/// What the type alone does not say. Every rule must name a member (checked at construction: a broken invariant).
struct Rule {
    std::string_view name;
    std::string_view description = {};
    Presence presence = Presence::by_type;
    std::optional<std::int64_t> minimum = {};  ///< integers and numbers, inclusive
    std::optional<std::int64_t> maximum = {};
    std::optional<std::size_t> min_length = {};  ///< strings: characters (code points); arrays: items
    std::optional<std::size_t> max_length = {};
    std::string_view header = {};  ///< `x-mcp-header`: mirrored as `Mcp-Param-<header>` (strings, integers, booleans)
};

/// A JSON value of any kind, kept as its (compact) text.
struct JsonText {
    std::string json;
};

namespace detail {

enum class FieldType : std::uint8_t { string, boolean, integer, number, enumeration, any, array, object };

struct FieldSchema;

/// One struct, without its C++ type.
struct ObjectSchema {
    std::vector<FieldSchema> fields;
};

/// One value's shape. `items` for arrays, `members` for objects.
struct ValueSchema {
    FieldType type = FieldType::any;
    std::vector<std::string> names;  ///< of an enumeration, in order
    std::shared_ptr<ValueSchema> items;
    std::shared_ptr<ObjectSchema> members;
    std::int64_t lowest = std::numeric_limits<std::int64_t>::min();  ///< of the C++ type
    std::int64_t highest = std::numeric_limits<std::int64_t>::max();
};

struct FieldSchema {
    std::string name;
    ValueSchema value;
    bool required = true;
    std::string default_json;  ///< empty: none
    std::string description;
    std::optional<std::int64_t> minimum;
    std::optional<std::int64_t> maximum;
    std::optional<std::size_t> min_length;
    std::optional<std::size_t> max_length;
    std::string header;
};

void apply_rules(ObjectSchema& schema, std::initializer_list<Rule> rules);
/// Both throw where there is no such member.
void remove_field(ObjectSchema& schema, std::string_view name);
void limit_to(ObjectSchema& schema, std::string_view name, std::vector<std::string> names);
/// Throws where there is such a member.
void add_choice(ObjectSchema& schema, std::string_view name, std::string_view description,
                std::vector<std::string> names);
void append_schema(std::string& json, const ObjectSchema& schema);
/// Whole check of one object against its schema, before any value is read: unknown, missing, type, range, length.
base::Result<void> check(const ObjectSchema& schema, const boost::json::object& object);

/// Readers of values that `check` has passed.
const boost::json::value* present(const boost::json::object& object, std::string_view key);  ///< null: absent or null
std::string_view read_string(const boost::json::value& value);
bool read_bool(const boost::json::value& value);
std::int64_t read_integer(const boost::json::value& value);
double read_number(const boost::json::value& value);
std::string read_any(const boost::json::value& value);
const boost::json::object& read_object(const boost::json::value& value);
std::size_t array_size(const boost::json::value& value);
const boost::json::value& array_item(const boost::json::value& value, std::size_t index);
std::string quoted(std::string_view text);
std::string number_text(double value);

template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {
    using Inner = T;
};
template <class T>
struct is_vector : std::false_type {};
template <class T>
struct is_vector<std::vector<T>> : std::true_type {
    using Inner = T;
};

template <class T>
concept DescribedEnum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;
template <class T>
concept DescribedStruct =
    std::is_class_v<T> && boost::describe::has_describe_members<T>::value && !std::same_as<T, JsonText>;
template <class T>
using Members = boost::describe::describe_members<T, boost::describe::mod_public>;

template <DescribedStruct T>
ObjectSchema object_schema();

template <class T>
ValueSchema value_schema() {
    ValueSchema schema;
    if constexpr (std::same_as<T, std::string>) {
        schema.type = FieldType::string;
    } else if constexpr (std::same_as<T, bool>) {
        schema.type = FieldType::boolean;
    } else if constexpr (std::integral<T>) {
        schema.type = FieldType::integer;
        schema.lowest = static_cast<std::int64_t>(std::numeric_limits<T>::min());
        if constexpr (!std::same_as<T, std::uint64_t>) {
            schema.highest = static_cast<std::int64_t>(std::numeric_limits<T>::max());
        }
    } else if constexpr (std::floating_point<T>) {
        schema.type = FieldType::number;
    } else if constexpr (DescribedEnum<T>) {
        schema.type = FieldType::enumeration;
        boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>(
            [&](auto enumerator) { schema.names.emplace_back(enumerator.name); });
    } else if constexpr (is_vector<T>::value) {
        schema.type = FieldType::array;
        schema.items = std::make_shared<ValueSchema>(value_schema<typename is_vector<T>::Inner>());
    } else if constexpr (DescribedStruct<T>) {
        schema.type = FieldType::object;
        schema.members = std::make_shared<ObjectSchema>(object_schema<T>());
    } else {
        static_assert(std::same_as<T, JsonText>, "not a type an argument can have");
    }
    return schema;
}

/// The JSON text of a member's initial value; empty where it cannot be shown.
template <class T>
std::string default_text(const T& value) {
    if constexpr (std::same_as<T, std::string>) {
        return detail::quoted(value);
    } else if constexpr (std::same_as<T, bool>) {
        return value ? "true" : "false";
    } else if constexpr (std::integral<T>) {
        return std::to_string(value);
    } else if constexpr (std::floating_point<T>) {
        return number_text(value);
    } else if constexpr (DescribedEnum<T>) {
        std::string text;
        boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto enumerator) {
            if (enumerator.value == value) text = detail::quoted(enumerator.name);
        });
        return text;
    } else {
        return {};
    }
}

template <DescribedStruct T>
ObjectSchema object_schema() {
    ObjectSchema schema;
    const T initial{};
    boost::mp11::mp_for_each<Members<T>>([&](auto member) {
        using M = std::remove_cvref_t<decltype(initial.*member.pointer)>;
        FieldSchema field;
        field.name = member.name;
        if constexpr (is_optional<M>::value) {
            field.value = value_schema<typename is_optional<M>::Inner>();
            field.required = false;
        } else {
            field.value = value_schema<M>();
            field.default_json = default_text(initial.*member.pointer);
        }
        schema.fields.push_back(std::move(field));
    });
    return schema;
}

template <class T>
void read(const boost::json::value& value, T& into) {
    if constexpr (is_optional<T>::value) {
        read(value, into.emplace());
    } else if constexpr (std::same_as<T, std::string>) {
        into = read_string(value);
    } else if constexpr (std::same_as<T, bool>) {
        into = read_bool(value);
    } else if constexpr (std::integral<T>) {
        into = static_cast<T>(read_integer(value));
    } else if constexpr (std::floating_point<T>) {
        into = static_cast<T>(read_number(value));
    } else if constexpr (DescribedEnum<T>) {
        const auto name = read_string(value);
        boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto enumerator) {
            if (name == enumerator.name) into = enumerator.value;
        });
    } else if constexpr (is_vector<T>::value) {
        into.clear();
        for (std::size_t i = 0; i < array_size(value); ++i) read(array_item(value, i), into.emplace_back());
    } else if constexpr (std::same_as<T, JsonText>) {
        into.json = read_any(value);
    } else {
        const auto& object = read_object(value);
        boost::mp11::mp_for_each<Members<T>>([&](auto member) {
            if (const auto* item = present(object, member.name)) read(*item, into.*member.pointer);
        });
    }
}

}  // namespace detail

/// For a tool that takes none.
struct NoArguments {};
BOOST_DESCRIBE_STRUCT(NoArguments, (), ())

template <detail::DescribedStruct T>
class Arguments {
public:
    Arguments(std::initializer_list<Rule> rules = {})
        : schema_{std::make_shared<detail::ObjectSchema>(detail::object_schema<T>())} {
        detail::apply_rules(*schema_, rules);
    }

    /// The text argument takes one of these names only (known at start, not in the type); of an object of its own.
    Arguments&& limited_to(std::string_view member, std::vector<std::string> names) && {
        detail::limit_to(*schema_, member, std::move(names));
        return std::move(*this);
    }
    /// The argument is not offered: it keeps the struct's initial value, and who sends it is told it is unknown.
    Arguments&& without(std::string_view member) && {
        detail::remove_field(*schema_, member);
        return std::move(*this);
    }

    /// An optional argument more, one of these names (the first is the default), that is not in the struct: the handler
    /// reads it from `Context::arguments`. For what many tools take in the same way; of an object of its own.
    Arguments&& with_choice(std::string_view name, std::string_view description, std::vector<std::string> names) && {
        detail::add_choice(*schema_, name, description, std::move(names));
        return std::move(*this);
    }

    /// Compact JSON text; unknown properties are excluded (`additionalProperties: false`).
    std::string schema() const {
        std::string json;
        detail::append_schema(json, *schema_);
        return json;
    }

    /// Errors: `Kind::bad_argument`, `argument()` is its path ("options.limit"), the message says what was expected.
    base::Result<T> parse(const boost::json::object& arguments) const {
        if (auto checked = detail::check(*schema_, arguments); !checked) return base::fail(std::move(checked.error()));
        T value{};
        boost::mp11::mp_for_each<detail::Members<T>>([&](auto member) {
            if (const auto* item = detail::present(arguments, member.name)) {
                detail::read(*item, value.*member.pointer);
            }
        });
        return value;
    }

private:
    std::shared_ptr<detail::ObjectSchema> schema_;
};

namespace detail {
template <class R>
struct AnswerOf {
    using type = R;
};
template <class T>
struct AnswerOf<base::Result<T>> {
    using type = T;
};
template <class T>
struct AnswerOf<async::Task<base::Result<T>>> {
    using type = T;
};
template <class T>
struct AnswerOf<Outcome<T>> {
    using type = T;
};
}  // namespace detail

/// A handler that parses first. `run(Context&, T)` returns anything an `Outcome` takes.
template <class T, class F>
auto with_arguments(Arguments<T> arguments, F run) {
    using Answer = typename detail::AnswerOf<std::invoke_result_t<const F&, Context&, T>>::type;
    return [arguments = std::move(arguments), run = std::move(run)](Context& context) -> Outcome<Answer> {
        auto parsed = arguments.parse(context.arguments());
        if (!parsed) return base::fail(std::move(parsed.error()));
        return run(context, std::move(*parsed));
    };
}

}  // namespace mcp
