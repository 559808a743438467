#include "capacity/bench/workload.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/stream_parser.hpp>
#include <boost/json/value.hpp>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <numeric>
#include <regex>
#include <span>

#include "base/text.hpp"

namespace capacity::bench {
namespace {

namespace json = boost::json;

std::unexpected<base::Error> wrong(std::string_view file, std::string_view why) {
    return base::fail(base::Kind::bad_argument, fmt::format("workload {}: {}", file, why));
}

/// Line and column of `offset`, both from 1.
std::string place(std::string_view text, std::size_t offset) {
    const auto before = text.substr(0, std::min(offset, text.size()));
    const auto line = 1 + std::ranges::count(before, '\n');
    const auto start = before.rfind('\n');
    const auto column = before.size() - (start == std::string_view::npos ? 0 : start + 1) + 1;
    return fmt::format("line {}, column {}", line, column);
}

base::Result<json::value> parse_json(std::string_view text, std::string_view file) {
    json::stream_parser parser;
    boost::system::error_code failed;
    const std::size_t used = parser.write_some(text.data(), text.size(), failed);
    if (!failed && used < text.size()) {
        const auto rest = text.find_first_not_of(" \t\r\n", used);
        if (rest != std::string_view::npos)
            return wrong(file, place(text, rest) + ": more follows the end of the JSON");
    }
    if (!failed) parser.finish(failed);
    if (failed) {
        const std::string why = failed == json::error::incomplete ? "the JSON ends too early" : failed.message();
        return wrong(file, fmt::format("{}: {}", place(text, used), why));
    }
    return parser.release();
}

std::string among(std::initializer_list<std::string_view> names) { return fmt::format("{}", fmt::join(names, ", ")); }

/// Reads the fields of one object, and says what is wrong with the first that is.
struct Fields {
    const json::object& object;
    std::string where;
    std::string trouble = {};

    void only(std::initializer_list<std::string_view> known) {
        for (const auto& field : object) {
            if (std::ranges::find(known, std::string_view{field.key()}) == known.end()) {
                note(fmt::format("unknown field \"{}\"; there are {}",
                                 base::escape_untrusted(std::string_view{field.key()}), among(known)));
            }
        }
    }
    bool has(std::string_view name) const { return object.contains(name); }
    void text(std::string_view name, std::string& into) {
        if (const auto* value = object.if_contains(name)) {
            if (value->is_string()) {
                into = std::string{value->get_string()};
            } else {
                note(fmt::format("\"{}\" is not text", name));
            }
        }
    }
    /// `least` or more, finite.
    void number(std::string_view name, double least, double most, double& into) {
        const auto* value = object.if_contains(name);
        if (value == nullptr) return;
        const double read = value->is_number() ? value->to_number<double>() : NAN;
        if (!(read >= least && read <= most)) {
            note(fmt::format("\"{}\" is not a number from {} to {}", name, least, most));
        } else {
            into = read;
        }
    }
    void note(std::string why) {
        if (trouble.empty()) trouble = where + why;
    }
};

void read_arguments(Fields& in, std::string_view name, WorkloadRequest& request) {
    const auto* value = in.object.if_contains(name);
    if (value == nullptr) return;
    if (!value->is_object()) {
        in.note(fmt::format("\"{}\" is not an object", name));
        return;
    }
    request.arguments = json::serialize(*value);
}

void read_keys(Fields& in, WorkloadRequest& request) {
    double keys = 0;
    in.number("keys", 1, static_cast<double>(Workload::most_keys), keys);
    if (keys != std::floor(keys)) in.note("\"keys\" is not a whole number");
    request.keys = static_cast<std::uint64_t>(keys);
    if (const auto* values = in.object.if_contains("values")) {
        if (in.has("keys")) in.note("has both \"keys\" and \"values\"; one of them says what {{key}} is");
        const json::array* list = values->if_array();
        if (list == nullptr || list->empty()) {
            in.note("\"values\" is not a list of texts");
            return;
        }
        for (const auto& value : *list) {
            if (!value.is_string()) {
                in.note("\"values\" holds something that is not text");
                return;
            }
            request.values.emplace_back(value.get_string());
        }
    }
    in.number("zipf", 0, 10, request.zipf);
    const bool uses_key = request.arguments.find("{{key}}") != std::string::npos;
    const bool uses_number = request.arguments.find("\"{{number}}\"") != std::string::npos;
    if ((uses_key || uses_number) && request.key_count() == 0) {
        in.note("uses {{key}} or {{number}} but has neither \"keys\" nor \"values\"");
    }
    if (uses_number && !request.values.empty()) in.note("uses {{number}}, which goes with \"keys\" only");
    if (request.key_count() > 0 && !uses_key && !uses_number) {
        in.note("has keys, but nowhere {{key}} or \"{{number}}\" to put them");
    }
    if (in.has("zipf") && request.key_count() == 0) in.note("has \"zipf\" but neither \"keys\" nor \"values\"");
}

base::Result<void> check_regex(const std::string& expression, std::string_view where) {
    try {
        const std::regex compiled{expression, std::regex::ECMAScript};
    } catch (const std::regex_error& error) {
        return base::fail(base::Kind::bad_argument, fmt::format("{}\"{}\" is not a regular expression: {}", where,
                                                                base::escape_untrusted(expression), error.what()));
    }
    return {};
}

WorkloadRequest read_request(Fields& in, std::optional<double> default_weight) {
    WorkloadRequest request;
    in.only({"tool", "arguments", "method", "params", "weight", "keys", "values", "zipf", "expect", "expect_regex"});
    if (in.has("tool") == in.has("method")) in.note("needs either \"tool\" or \"method\"");
    in.text("tool", request.tool);
    in.text("method", request.method);
    if (in.has("tool") && request.tool.empty()) in.note("\"tool\" is empty");
    if (in.has("method") && request.method.empty()) in.note("\"method\" is empty");
    if (request.method == "tools/call" && in.has("method")) in.note("calls of tools are written with \"tool\"");
    if (in.has(in.has("tool") ? "params" : "arguments"))
        in.note("\"arguments\" go with \"tool\", \"params\" with \"method\"");
    read_arguments(in, in.has("tool") ? "arguments" : "params", request);
    request.weight = default_weight.value_or(1);
    in.number("weight", 0, 1e9, request.weight);
    read_keys(in, request);
    in.text("expect", request.expect);
    in.text("expect_regex", request.expect_regex);
    if (in.trouble.empty()) {
        if (auto good = check_regex(request.expect_regex, "\"expect_regex\" "); !good) in.note(good.error().message());
    }
    return request;
}

}  // namespace

base::Result<Workload> parse_workload(std::string_view text, std::string_view name) {
    auto root = parse_json(text, name);
    if (!root) {
        return base::fail(std::move(root.error()));
    }
    const json::object* object = root->if_object();
    if (object == nullptr) {
        return wrong(name, "is not a JSON object");
    }
    Workload workload;
    workload.name = std::string{name};
    Fields in{*object, ""};
    in.only({"name", "zipf", "requests"});
    in.text("name", workload.name);
    double zipf = 0;
    in.number("zipf", 0, 10, zipf);
    const json::value* requests = object->if_contains("requests");
    const json::array* list = requests == nullptr ? nullptr : requests->if_array();
    if (list == nullptr || list->empty()) {
        in.note("\"requests\" is not a list of requests");
    } else if (list->size() > Workload::most_requests) {
        in.note(fmt::format("holds more than {} requests", Workload::most_requests));
    }
    if (!in.trouble.empty()) {
        return wrong(name, in.trouble);
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
        const std::string where = fmt::format("request {}: ", i + 1);
        const json::object* entry = (*list)[i].if_object();
        if (entry == nullptr) {
            return wrong(name, where + "is not an object");
        }
        Fields fields{*entry, where};
        workload.requests.push_back(read_request(fields, std::pow(static_cast<double>(i + 1), -zipf)));
        if (!fields.trouble.empty()) {
            return wrong(name, fields.trouble);
        }
    }
    if (std::ranges::all_of(workload.requests, [](const auto& request) { return request.weight == 0; })) {
        return wrong(name, "every request has the weight 0");
    }
    return workload;
}

base::Result<Workload> read_workload(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) {
        return wrong(path, std::strerror(errno));
    }
    std::string text;
    for (char piece[65536]; file.read(piece, sizeof piece), file.gcount() > 0;) {  // an iterator would throw
        text.append(piece, static_cast<std::size_t>(file.gcount()));
    }
    if (file.bad()) {
        return wrong(path, "cannot be read (is it a directory?)");
    }
    return parse_workload(text, path);
}

base::Result<Workload> single_tool(std::string tool, std::string_view arguments, std::string expect,
                                   std::string expect_regex) {
    boost::system::error_code failed;
    const json::value parsed = json::parse(arguments.empty() ? "{}" : arguments, failed);
    if (failed || !parsed.is_object()) {
        return base::fail(base::Kind::bad_argument, "--arguments is not a JSON object");
    }
    if (auto good = check_regex(expect_regex, "--expect-regex "); !good) {
        return base::fail(std::move(good.error()));
    }
    WorkloadRequest request;
    request.tool = std::move(tool);
    request.arguments = json::serialize(parsed);
    request.expect = std::move(expect);
    request.expect_regex = std::move(expect_regex);
    return Workload{"tool " + request.tool, {std::move(request)}};
}

Workload built_in_workload(const std::vector<ToolFacts>& tools) {
    const auto named = [&tools](std::string_view name) {
        return std::ranges::any_of(tools, [name](const ToolFacts& tool) { return tool.name == name; });
    };
    Workload workload;
    if (named("execute_query")) {
        workload.name = "built-in: small reads";
        WorkloadRequest repeated;
        repeated.tool = "execute_query";
        repeated.arguments = R"({"query":"SELECT {{key}} AS n, {{key}} * 2 AS twice"})";
        repeated.keys = 1000;
        repeated.zipf = 1.0;
        repeated.weight = 8;
        WorkloadRequest fixed;
        fixed.tool = "execute_query";
        fixed.arguments = R"({"query":"SELECT 42 AS answer"})";
        fixed.weight = 2;
        fixed.expect = "42";
        workload.requests = {std::move(repeated), std::move(fixed)};
        return workload;
    }
    for (const ToolFacts& tool : tools) {
        if (!tool.read_only || tool.has_required_arguments) continue;
        workload.name = "built-in: " + tool.name;
        WorkloadRequest call;
        call.tool = tool.name;
        workload.requests.push_back(std::move(call));
        return workload;
    }
    workload.name = "built-in: tools/list";
    WorkloadRequest list;
    list.method = "tools/list";
    workload.requests.push_back(std::move(list));
    return workload;
}

namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), 0);
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

base::Result<void> check_tools(const Workload& workload, const std::vector<ToolFacts>& tools) {
    for (const WorkloadRequest& request : workload.requests) {
        if (request.tool.empty()) continue;
        if (std::ranges::find(tools, request.tool, &ToolFacts::name) != tools.end()) continue;
        std::string hint = tools.empty() ? " (it has no tools)" : "";
        if (!tools.empty()) {
            const auto nearest = std::ranges::min(tools, {}, [&request](const ToolFacts& tool) {
                return edit_distance(request.tool, std::string_view{tool.name}.substr(0, 200));
            });
            hint =
                fmt::format("; of its {} tools the nearest is {}", tools.size(), base::escape_untrusted(nearest.name));
        }
        return base::fail(base::Kind::not_found,
                          fmt::format("the server has no tool \"{}\"{}", base::escape_untrusted(request.tool), hint));
    }
    return {};
}

}  // namespace capacity::bench
