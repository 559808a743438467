/// Scalar functions in C++ behind SQL names, through DuckDB's C API.
///
/// `registrar.add<std::string(std::string_view, std::int64_t)>("__sf_x", [](Out<std::string>& out, std::string_view
/// text, std::int64_t n) { … })`: one call a row, NULL in gives NULL out without a call. An error ends the query; a
/// function that is to answer NULL instead of errors is registered with `OnError::null`.
///
/// Place: `register_functions` and the files `runtime_*.cpp`. Threads: the functions run on DuckDB's threads, at once.
/// Lifetime: a registered function belongs to DuckDB; `Api` must outlive it.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "backend/cell.hpp"
#include "backend/duckdb/library.hpp"

namespace backend::duckdb::dialect {

// What a DATE, TIME, TIMESTAMP and DECIMAL(38, s) are in C++.
struct DateValue {
    std::int32_t days;
};
struct TimeValue {
    std::int64_t micros;
};
struct TimestampValue {
    std::int64_t micros;
};
struct DecimalValue {
    Int128 unscaled;
};
/// A text argument that may be NULL: with one of these a function sees NULLs and decides itself.
struct NullableText {
    std::string_view text;
    bool is_null;
};
struct Binary {
    std::string bytes;
};

template <class T>
struct Out {
    T value{};
    std::string error{};
    bool is_null = false;
    bool failed = false;
    bool always = false;  ///< raised even by a TRY_ function

    void null() { is_null = true; }
    /// What the embedded backend cannot do must not look like bad data.
    void refuse(std::string message) {
        always = true;
        fail(std::move(message));
    }
    void fail(std::string message) {
        failed = true;
        error = std::move(message);
    }
};

enum class OnError : std::uint8_t { raise, null };

template <class T>
struct DuckType;
template <>
struct DuckType<bool> {
    static constexpr duckdb_type id = DUCKDB_TYPE_BOOLEAN;
};
template <>
struct DuckType<std::int64_t> {
    static constexpr duckdb_type id = DUCKDB_TYPE_BIGINT;
};
template <>
struct DuckType<Int128> {
    static constexpr duckdb_type id = DUCKDB_TYPE_HUGEINT;
};
template <>
struct DuckType<double> {
    static constexpr duckdb_type id = DUCKDB_TYPE_DOUBLE;
};
template <>
struct DuckType<std::string_view> {
    static constexpr duckdb_type id = DUCKDB_TYPE_VARCHAR;
};
template <>
struct DuckType<std::string> {
    static constexpr duckdb_type id = DUCKDB_TYPE_VARCHAR;
};
template <>
struct DuckType<NullableText> {
    static constexpr duckdb_type id = DUCKDB_TYPE_VARCHAR;
};
template <>
struct DuckType<Binary> {
    static constexpr duckdb_type id = DUCKDB_TYPE_BLOB;
};
template <>
struct DuckType<DateValue> {
    static constexpr duckdb_type id = DUCKDB_TYPE_DATE;
};
template <>
struct DuckType<TimeValue> {
    static constexpr duckdb_type id = DUCKDB_TYPE_TIME;
};
template <>
struct DuckType<TimestampValue> {
    static constexpr duckdb_type id = DUCKDB_TYPE_TIMESTAMP;
};
template <>
struct DuckType<DecimalValue> {
    static constexpr duckdb_type id = DUCKDB_TYPE_DECIMAL;
};

template <class T>
T read_row(void* data, std::uint64_t* validity, idx_t row) {
    if constexpr (std::is_same_v<T, std::string_view> || std::is_same_v<T, NullableText>) {
        const auto& text = static_cast<duckdb_string_t*>(data)[row];
        const std::uint32_t length = text.value.inlined.length;
        const std::string_view view{length <= 12 ? text.value.inlined.inlined : text.value.pointer.ptr, length};
        if constexpr (std::is_same_v<T, NullableText>) {
            const bool valid = validity == nullptr || ((validity[row / 64] >> (row % 64)) & 1) != 0;
            return {valid ? view : std::string_view{}, !valid};
        } else {
            return view;
        }
    } else {
        T value;
        std::memcpy(&value, static_cast<const char*>(data) + row * sizeof(T), sizeof(T));
        return value;
    }
}

template <class T>
struct is_nullable : std::is_same<T, NullableText> {};

class Registrar {
public:
    Registrar(const Api& api, duckdb_connection connection) : api_{api}, connection_{connection} {
        extra_of_ = api.duckdb_scalar_function_get_extra_info;
    }

    /// `scale`: of the DECIMAL that the function takes or answers.
    template <class Signature, class Function>
    void add(const std::string& name, Function function, OnError on_error = OnError::raise, int scale = 0) {
        Adder<Signature, Function>::add(*this, name, std::move(function), on_error, scale);
    }

    /// The same function twice: `__sf_x` raises, `__sf_try_x` answers NULL.
    template <class Signature, class Function>
    void add_both(const std::string& name, Function function, int scale = 0) {
        add<Signature>("__sf_" + name, function, OnError::raise, scale);
        add<Signature>("__sf_try_" + name, function, OnError::null, scale);
    }

    using RawFunction = void (*)(duckdb_function_info, duckdb_data_chunk, duckdb_vector, const Api&);
    /// For a function that writes whole vectors itself.
    static void set_raw(const Api& api, duckdb_scalar_function made, RawFunction function) {
        struct Raw {
            const Api* api;
            RawFunction function;
        };
        api.duckdb_scalar_function_set_extra_info(made, new Raw{&api, function},
                                                  [](void* extra) { delete static_cast<Raw*>(extra); });
        api.duckdb_scalar_function_set_function(
            made, [](duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
                const Raw& raw = *static_cast<Raw*>(extra_of_(info));
                raw.function(info, input, output, *raw.api);
            });
    }

    const Api& api() const { return api_; }
    duckdb_connection connection() const { return connection_; }
    bool failed() const { return !first_failed_.empty(); }
    const std::string& first_failed() const { return first_failed_; }
    void note(duckdb_state state, const std::string& name) {
        if (state != DuckDBSuccess && first_failed_.empty()) first_failed_ = name;
    }

private:
    template <class Signature, class Function>
    struct Adder;

    template <class R, class... Args, class Function>
    struct Adder<R(Args...), Function> {
        struct Extra {
            const Api* api;
            Function function;
            OnError on_error;
        };
        static constexpr bool special = (is_nullable<Args>::value || ...);

        static void add(Registrar& registrar, const std::string& name, Function function, OnError on_error, int scale) {
            const Api& api = registrar.api_;
            duckdb_scalar_function made = api.duckdb_create_scalar_function();
            api.duckdb_scalar_function_set_name(made, name.c_str());
            (add_parameter<Args>(api, made, scale), ...);
            duckdb_logical_type type = logical<R>(api, scale);
            api.duckdb_scalar_function_set_return_type(made, type);
            api.duckdb_destroy_logical_type(&type);
            if (special) api.duckdb_scalar_function_set_special_handling(made);
            api.duckdb_scalar_function_set_extra_info(made, new Extra{&api, std::move(function), on_error},
                                                      [](void* extra) { delete static_cast<Extra*>(extra); });
            api.duckdb_scalar_function_set_function(made, run);
            registrar.note(api.duckdb_register_scalar_function(registrar.connection_, made), name);
            api.duckdb_destroy_scalar_function(&made);
        }

        template <class T>
        static duckdb_logical_type logical(const Api& api, int scale) {
            if constexpr (std::is_same_v<T, DecimalValue>) {
                return api.duckdb_create_decimal_type(38, static_cast<std::uint8_t>(scale));
            } else {
                return api.duckdb_create_logical_type(DuckType<T>::id);
            }
        }

        template <class T>
        static void add_parameter(const Api& api, duckdb_scalar_function made, int scale) {
            duckdb_logical_type type = logical<T>(api, scale);
            api.duckdb_scalar_function_add_parameter(made, type);
            api.duckdb_destroy_logical_type(&type);
        }

        static void run(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
            const Extra& extra = *static_cast<Extra*>(extra_of_(info));
            run_rows(extra, info, input, output, std::index_sequence_for<Args...>{});
        }

        template <std::size_t... I>
        static void run_rows(const Extra& extra, duckdb_function_info info, duckdb_data_chunk input,
                             duckdb_vector output, std::index_sequence<I...>) {
            const Api& api = *extra.api;
            const idx_t rows = api.duckdb_data_chunk_get_size(input);
            [[maybe_unused]] std::array<void*, sizeof...(Args)> data{
                api.duckdb_vector_get_data(api.duckdb_data_chunk_get_vector(input, I))...};
            [[maybe_unused]] std::array<std::uint64_t*, sizeof...(Args)> validity{
                api.duckdb_vector_get_validity(api.duckdb_data_chunk_get_vector(input, I))...};
            void* const answers = api.duckdb_vector_get_data(output);
            std::uint64_t* nulls = nullptr;
            const auto set_null = [&](idx_t row) {
                if (nulls == nullptr) {
                    api.duckdb_vector_ensure_validity_writable(output);
                    nulls = api.duckdb_vector_get_validity(output);
                }
                nulls[row / 64] &= ~(std::uint64_t{1} << (row % 64));
            };
            Out<R> out;
            for (idx_t row = 0; row < rows; ++row) {
                const bool has_null = ((!is_nullable<Args>::value && validity[I] != nullptr &&
                                        ((validity[I][row / 64] >> (row % 64)) & 1) == 0) ||
                                       ...);
                if (has_null) {
                    set_null(row);
                    continue;
                }
                out.is_null = false;
                if constexpr (std::is_same_v<R, std::string>) out.value.clear();
                if constexpr (std::is_same_v<R, Binary>) out.value.bytes.clear();
                extra.function(out, read_row<Args>(data[I], validity[I], row)...);
                if (out.failed) {
                    if (extra.on_error == OnError::raise || out.always) {
                        api.duckdb_scalar_function_set_error(info, out.error.c_str());
                        return;
                    }
                    out.failed = false;
                    out.is_null = true;
                }
                if (out.is_null) {
                    set_null(row);
                } else if constexpr (std::is_same_v<R, std::string>) {
                    api.duckdb_vector_assign_string_element_len(output, row, out.value.data(), out.value.size());
                } else if constexpr (std::is_same_v<R, Binary>) {
                    api.duckdb_vector_assign_string_element_len(output, row, out.value.bytes.data(),
                                                                out.value.bytes.size());
                } else {
                    std::memcpy(static_cast<char*>(answers) + row * sizeof(R), &out.value, sizeof(R));
                }
            }
        }
    };

    /// A function called by DuckDB has only `info` in its hands: this one pointer into the loaded library (which never
    /// leaves the process) leads from there to the rest. Set before the first function exists, never changed.
    static inline decltype(Api::duckdb_scalar_function_get_extra_info) extra_of_ = nullptr;

    const Api& api_;
    duckdb_connection connection_;
    std::string first_failed_;
};

void register_text_functions(Registrar& registrar);
void register_number_functions(Registrar& registrar);
void register_number_format_functions(Registrar& registrar);
void register_time_functions(Registrar& registrar);
void register_variant_functions(Registrar& registrar);
void register_array_functions(Registrar& registrar);
void register_flatten(Registrar& registrar);

}  // namespace backend::duckdb::dialect
