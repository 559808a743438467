#include "sql/call_check.hpp"

#include <algorithm>

#include "sql/lexer.hpp"

namespace sql {

namespace {

struct CalledName {
    std::vector<std::string> parts;  ///< folded
    bool is_dangling = false;        ///< qualified by something that is no name: IDENTIFIER('db').f(…)
    bool is_method = false;          ///< m!f(…); the last part is `!F`

    std::string text() const {
        std::string out;
        for (const std::string& part : parts) {
            if (!out.empty() && !part.starts_with('!')) out.push_back('.');
            out += part;
        }
        return shown(out);
    }
};

void append_parts(CalledName& name, std::span<const Node> nodes) {
    for (const Node& node : nodes) {
        if (node.token.is_name()) name.parts.push_back(identifier_value(node.token));
    }
}

CalledName read_name(std::span<const Node> nodes, std::size_t last) {
    CalledName name;
    std::size_t start = start_of_name(nodes, last);
    if (start >= 1 && nodes[start - 1].token.is("!")) {
        name.is_method = true;
        if (start >= 2 && nodes[start - 2].token.is_name()) {
            const std::size_t object_end = start - 2;
            start = start_of_name(nodes, object_end);
            append_parts(name, nodes.subspan(start, object_end - start + 1));
        } else {
            name.is_dangling = true;
        }
        name.parts.push_back("!" + identifier_value(nodes[last].token));
    } else {
        append_parts(name, nodes.subspan(start, last - start + 1));
    }
    if (start >= 1 && nodes[start - 1].token.is(".")) name.is_dangling = true;
    return name;
}

bool is_information_schema(const std::vector<std::string>& parts) {
    return parts.size() >= 2 && parts.size() <= 3 && parts[parts.size() - 2] == "INFORMATION_SCHEMA";
}

bool is_in_snowflake(const std::vector<std::string>& parts) { return parts.size() == 3 && parts[0] == "SNOWFLAKE"; }

/// What a call of this name is, given how it is qualified.
FunctionClass class_of(const CalledName& name) {
    const std::vector<std::string>& parts = name.parts;
    // A quoted name keeps its case: "abs" is not ABS.
    const bool is_folded = to_upper(parts.back()) == parts.back();
    const FunctionClass bare = is_folded ? function_class(parts.back()) : FunctionClass::unknown;
    switch (bare) {
        case FunctionClass::system:
        case FunctionClass::next_value:
        case FunctionClass::other_result:
        case FunctionClass::sql_text:
        case FunctionClass::file_url: return bare;  // refused however it is qualified
        default: break;
    }
    if (is_in_snowflake(parts) && parts[1] == "CORTEX") return FunctionClass::ai;
    if (bare == FunctionClass::ai && to_upper(parts.back()).starts_with("AI_")) return bare;
    if (parts.size() == 1) {
        switch (bare) {
            case FunctionClass::information_schema:
            case FunctionClass::snowflake: return FunctionClass::unknown;  // a bare name would be somebody's own
            case FunctionClass::ai: return parts.back() == "CORTEX_SEARCH_DATA_SCAN" ? bare : FunctionClass::unknown;
            default: return bare;
        }
    }
    if (is_information_schema(parts)) {
        return bare == FunctionClass::information_schema ? bare : FunctionClass::unknown;
    }
    if (is_in_snowflake(parts) && (bare == FunctionClass::snowflake || bare == FunctionClass::pure)) {
        return FunctionClass::snowflake;
    }
    return FunctionClass::unknown;
}

Refusal refuse_unknown(const CalledName& name) {
    const FunctionClass bare = function_class(name.parts.back());
    std::string reason = name.text() + " is not a function that Snowflake brings, so what it does is unknown; ";
    if (name.parts.size() == 1 && bare == FunctionClass::information_schema) {
        reason = name.text() + " is Snowflake's only as INFORMATION_SCHEMA." + name.text() + "; without it, ";
    }
    return {rule::unknown_function, reason + "ALLOWED_FUNCTIONS can name it"};
}

std::optional<Refusal> refuse_known(FunctionClass kind, const CalledName& name, const Policy& policy) {
    const std::string text = name.text();
    switch (kind) {
        case FunctionClass::system:
            if (policy.allowed_functions.names_exactly(name.parts)) return std::nullopt;
            return Refusal{rule::system_function,
                           text + " is a system function that may act; ALLOWED_FUNCTIONS can name it"};
        case FunctionClass::ai:
            if (policy.allowed_functions.names(name.parts)) return std::nullopt;
            return Refusal{rule::ai_function,
                           text + " is a Cortex function, which costs money; ALLOWED_FUNCTIONS can name it"};
        case FunctionClass::file_url:
            if (policy.allowed_functions.names_exactly(name.parts)) return std::nullopt;
            return Refusal{rule::file_url, text +
                                               " makes a link that opens a file for whoever has it; "
                                               "ALLOWED_FUNCTIONS can name it"};
        case FunctionClass::acting:
            return Refusal{rule::acting_function, text + " changes something; this server only reads"};
        case FunctionClass::next_value:
            return Refusal{rule::next_value, text + " takes a number out of a sequence; this server only reads"};
        case FunctionClass::other_result:
            return Refusal{rule::other_results,
                           text +
                               " may show another client's result, since sessions are shared; chain statements with "
                               "->> instead"};
        case FunctionClass::sql_text:
            return Refusal{rule::sql_in_string, text +
                                                    " runs SQL from a string, which can't be judged; send the "
                                                    "statement itself"};
        default: return std::nullopt;
    }
}

bool is_volatile_class(FunctionClass kind) {
    switch (kind) {
        case FunctionClass::pure:
        case FunctionClass::match:
        case FunctionClass::resample: return false;
        default: return true;
    }
}

/// A class that is only a read in the right place; elsewhere its name is somebody's own.
FunctionClass placed(FunctionClass kind, CallPlace place) {
    if (kind == FunctionClass::match && !place.is_inside_match) return FunctionClass::unknown;
    if (kind == FunctionClass::resample && !place.is_inside_resample) return FunctionClass::unknown;
    return kind;
}

}  // namespace

std::size_t start_of_name(std::span<const Node> nodes, std::size_t last) {
    std::size_t start = last;
    while (start >= 1 && nodes[start - 1].token.is(".")) {
        if (start >= 2 && nodes[start - 2].token.is_name()) {
            start -= 2;
        } else if (start >= 3 && nodes[start - 2].token.is(".") && nodes[start - 3].token.is_name()) {
            start -= 3;  // db..f
        } else {
            break;
        }
    }
    return start;
}

CallVerdict check_call(std::span<const Node> nodes, std::size_t last, const Policy& policy, CallPlace place) {
    const CalledName name = read_name(nodes, last);
    if (place.is_signature) {
        const FunctionClass kind = name.is_method ? FunctionClass::unknown : class_of(name);
        return {.refusal = refuse_known(kind, name, policy), .is_volatile = false};
    }
    if (name.is_dangling) {
        return {.refusal = Refusal{rule::built_name, "the name of the called function " + name.text() +
                                                         " is built by an expression; write it out"},
                .is_volatile = true};
    }
    if (name.is_method) {
        if (policy.allowed_functions.names(name.parts)) return {.refusal = std::nullopt, .is_volatile = true};
        return {
            .refusal = Refusal{rule::object_method, name.text() + " is a method of somebody's object, so what it does "
                                                                  "is unknown; ALLOWED_FUNCTIONS can name it"},
            .is_volatile = true};
    }
    const FunctionClass kind = placed(class_of(name), place);
    if (kind == FunctionClass::unknown) {
        if (policy.allowed_functions.contains(name.parts)) return {.refusal = std::nullopt, .is_volatile = true};
        return {.refusal = refuse_unknown(name), .is_volatile = true};
    }
    if (kind == FunctionClass::stage && !place.may_name_stage) {
        return {.refusal = Refusal{rule::stage_read, name.text() + " reads a stage; ALLOW_STAGE_READS allows it"},
                .is_volatile = true};
    }
    return {.refusal = refuse_known(kind, name, policy), .is_volatile = is_volatile_class(kind)};
}

}  // namespace sql
