#include "backend/duckdb/library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "base/mutex.hpp"

namespace backend::duckdb {
namespace {

constexpr std::string_view wanted_minor = "v1.5.";
constexpr int oldest_patch = 6;

template <class Function>
bool resolve(void* handle, const char* name, Function& function) {
    function = reinterpret_cast<Function>(dlsym(handle, name));
    return function != nullptr;
}

/// Empty when all is there, else the first function that is missing.
std::string_view resolve_all(void* handle, Api& api) {
#define DUCKDB_FUNCTION(name) \
    if (!resolve(handle, #name, api.name)) return #name;
#include "backend/duckdb/functions.def"
#undef DUCKDB_FUNCTION
    return {};
}

/// The library, or why this file is none.
std::expected<std::unique_ptr<Library>, std::string> load(const std::string& path) {
    void* handle = dlopen(path.c_str(), RTLD_LAZY | RTLD_LOCAL);
    if (!handle) return std::unexpected{std::string{dlerror()}};
    auto library = std::make_unique<Library>();
    library->path = path;
    const auto version = reinterpret_cast<decltype(&::duckdb_library_version)>(dlsym(handle, "duckdb_library_version"));
    std::string problem;
    if (!version) {
        problem = fmt::format("{}: is no DuckDB", path);
    } else if (library->version = version(); !version_fits(library->version)) {
        problem =
            fmt::format("{}: is DuckDB {}, needed is 1.5.{} or a newer 1.5", path, library->version, oldest_patch);
    } else if (const auto missing = resolve_all(handle, library->api); !missing.empty()) {
        problem = fmt::format("{}: has no function {}", path, missing);
    }
    if (problem.empty()) return library;
    dlclose(handle);
    return std::unexpected{std::move(problem)};
}

/// What was loaded stays for good (see the header): one of each file, still known to whoever looks for leaks.
const Library* keep(std::unique_ptr<Library> library) {
    static base::Mutex mutex;
    static auto& kept = *new std::vector<std::unique_ptr<Library>>;
    const base::MutexLock lock{mutex};
    for (const auto& known : kept)
        if (known->path == library->path) return known.get();
    kept.push_back(std::move(library));
    return kept.back().get();
}

std::string beside_program() {
    std::error_code error;
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
    if (error) return {};
    return (program.parent_path().parent_path() / "lib" / "snowflake-mcp" / "libduckdb.so").string();
}

}  // namespace

bool version_fits(std::string_view version) {
    if (!version.starts_with(wanted_minor)) return false;
    version.remove_prefix(wanted_minor.size());
    int patch = 0;
    const auto [end, error] = std::from_chars(version.data(), version.data() + version.size(), patch);
    return error == std::errc{} && end == version.data() + version.size() && patch >= oldest_patch;
}

std::vector<std::string> library_candidates(const std::string& configured) {
    if (!configured.empty()) return {configured};
    std::vector<std::string> candidates{"libduckdb.so"};  // the loader's search path: the system's
    if (std::string installed = beside_program(); !installed.empty()) candidates.push_back(std::move(installed));
    candidates.emplace_back(DUCKDB_LIBRARY_PATH);
    return candidates;
}

base::Result<const Library*> load_library(const std::vector<std::string>& candidates) {
    std::string problems;
    for (const std::string& path : candidates) {
        auto library = load(path);
        if (library) return keep(std::move(*library));
        problems += fmt::format("{}{}", problems.empty() ? "" : "; ", library.error());
    }
    return base::fail(base::Error{base::Kind::unavailable,
                                  fmt::format("the embedded backend needs DuckDB 1.5 (libduckdb.so): {}. Install it, "
                                              "run scripts/deps, or name the file in EMBEDDED_DUCKDB_LIBRARY",
                                              problems)}
                          .at(base::Stage::config)
                          .about("EMBEDDED_DUCKDB_LIBRARY"));
}

}  // namespace backend::duckdb
