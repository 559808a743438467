// A million rows of a Snowflake result to CSV, and a small answer parsed.
// links: backend_snowflake query backend async base nanoarrow

// Ten mixed columns in chunks of Arrow or JSON, through the result set and the house's cells: CPU seconds, and the peak
// of resident memory above what it was before. The peers are in bench/snowflake_result.py.
#include <benchmark/benchmark.h>

#include <nanoarrow/nanoarrow.h>
#include <nanoarrow/nanoarrow_ipc.h>

#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "async/task_group.hpp"
#include "backend/snowflake/result/snowflake_result_set.hpp"
#include "base/memory_budget.hpp"
#include "query/cell_format.hpp"

namespace {

using namespace backend::snowflake;

constexpr int rows_in_all = 1'000'000;
constexpr int rows_a_chunk = 50'000;
constexpr int rows_a_record_batch = 10'000;
constexpr int columns = 10;

void check(int result) {
    if (result == 0) return;
    fmt::print(stderr, "nanoarrow refused: {}\n", result);
    std::exit(2);
}

/// The values of a row: what the peers get too.
struct Row {
    std::int64_t id;
    std::int64_t amount;  // NUMBER(18,2)
    double rate;
    bool flag;
    std::int32_t day;
    std::int64_t at;  // TIMESTAMP_NTZ(9): nanoseconds
    std::string name;
    std::string note;
    std::int64_t small;  // NUMBER(4,0)
    bool null_note;
    std::string code;
};

Row row_of(int number) {
    std::mt19937_64 random{static_cast<std::uint64_t>(number)};
    Row row;
    row.id = number;
    row.amount = static_cast<std::int64_t>(random() % 100'000'000) - 1'000'000;
    row.rate = static_cast<double>(random() % 1'000'000'000) / 1e6;
    row.flag = random() % 2 == 0;
    row.day = static_cast<std::int32_t>(random() % 20'000);
    row.at = static_cast<std::int64_t>(1'700'000'000'000'000'000 + random() % 1'000'000'000'000'000);
    row.name = fmt::format("customer number {}", random() % 100'000);
    row.null_note = random() % 10 == 0;
    row.note = fmt::format("order note {}, with a comma", random() % 1'000);
    row.small = static_cast<std::int64_t>(random() % 10'000);
    row.code = fmt::format("C{:06}", random() % 1'000'000);
    return row;
}

constexpr std::string_view row_types =
    R"([{"name":"ID","type":"fixed","precision":38,"scale":0},{"name":"AMOUNT","type":"fixed","precision":18,"scale":2},)"
    R"({"name":"RATE","type":"real"},{"name":"FLAG","type":"boolean"},{"name":"DAY","type":"date"},)"
    R"({"name":"AT","type":"timestamp_ntz","scale":9},{"name":"NAME","type":"text","length":100},)"
    R"({"name":"NOTE","type":"text","length":100},{"name":"SMALL","type":"fixed","precision":4,"scale":0},)"
    R"({"name":"CODE","type":"text","length":7}])";

std::string json_chunk(int from) {
    std::string body;
    for (int i = from; i < from + rows_a_chunk; ++i) {
        const Row row = row_of(i);
        if (i > from) body += ',';
        const std::int64_t cents = std::abs(row.amount);
        fmt::format_to(std::back_inserter(body), R"(["{}","{}{}.{:02}","{}","{}","{}","{}.{:09}","{}",{},"{}","{}"])",
                       row.id, row.amount < 0 ? "-" : "", cents / 100, cents % 100, row.rate, row.flag ? 1 : 0, row.day,
                       row.at / 1'000'000'000, row.at % 1'000'000'000, row.name,
                       row.null_note ? "null" : "\"" + row.note + "\"", row.small, row.code);
    }
    return body;
}

struct Field {
    const char* name;
    ArrowType type;
    const char* logical;
    const char* scale;
};
constexpr Field fields[columns] = {
    {"ID", NANOARROW_TYPE_INT64, "FIXED", "0"},       {"AMOUNT", NANOARROW_TYPE_INT64, "FIXED", "2"},
    {"RATE", NANOARROW_TYPE_DOUBLE, "REAL", nullptr}, {"FLAG", NANOARROW_TYPE_BOOL, "BOOLEAN", nullptr},
    {"DAY", NANOARROW_TYPE_DATE32, "DATE", nullptr},  {"AT", NANOARROW_TYPE_STRUCT, "TIMESTAMP_NTZ", "9"},
    {"NAME", NANOARROW_TYPE_STRING, "TEXT", nullptr}, {"NOTE", NANOARROW_TYPE_STRING, "TEXT", nullptr},
    {"SMALL", NANOARROW_TYPE_INT16, "FIXED", "0"},    {"CODE", NANOARROW_TYPE_STRING, "TEXT", nullptr}};

ArrowStringView view_of(std::string_view text) { return {text.data(), static_cast<std::int64_t>(text.size())}; }

void make_schema(ArrowSchema& schema) {
    ArrowSchemaInit(&schema);
    check(ArrowSchemaSetTypeStruct(&schema, columns));
    for (int i = 0; i < columns; ++i) {
        ArrowSchema* child = schema.children[i];
        if (fields[i].type == NANOARROW_TYPE_STRUCT) {
            check(ArrowSchemaSetTypeStruct(child, 2));
            check(ArrowSchemaSetType(child->children[0], NANOARROW_TYPE_INT64));
            check(ArrowSchemaSetName(child->children[0], "epoch"));
            check(ArrowSchemaSetType(child->children[1], NANOARROW_TYPE_INT32));
            check(ArrowSchemaSetName(child->children[1], "fraction"));
        } else {
            check(ArrowSchemaSetType(child, fields[i].type));
        }
        check(ArrowSchemaSetName(child, fields[i].name));
        ArrowBuffer metadata;
        check(ArrowMetadataBuilderInit(&metadata, nullptr));
        check(ArrowMetadataBuilderAppend(&metadata, view_of("logicalType"), view_of(fields[i].logical)));
        if (fields[i].scale != nullptr)
            check(ArrowMetadataBuilderAppend(&metadata, view_of("scale"), view_of(fields[i].scale)));
        check(ArrowSchemaSetMetadata(child, reinterpret_cast<const char*>(metadata.data)));
        ArrowBufferReset(&metadata);
    }
}

void append_text(ArrowArray* array, const std::string& text) {
    check(ArrowArrayAppendBytes(array, {{text.data()}, static_cast<std::int64_t>(text.size())}));
}

void append_row(ArrowArray& array, const Row& row) {
    ArrowArray** c = array.children;
    check(ArrowArrayAppendInt(c[0], row.id));
    check(ArrowArrayAppendInt(c[1], row.amount));
    check(ArrowArrayAppendDouble(c[2], row.rate));
    check(ArrowArrayAppendInt(c[3], row.flag ? 1 : 0));
    check(ArrowArrayAppendInt(c[4], row.day));
    check(ArrowArrayAppendInt(c[5]->children[0], row.at / 1'000'000'000));
    check(ArrowArrayAppendInt(c[5]->children[1], row.at % 1'000'000'000));
    check(ArrowArrayFinishElement(c[5]));
    append_text(c[6], row.name);
    row.null_note ? check(ArrowArrayAppendNull(c[7], 1)) : append_text(c[7], row.note);
    check(ArrowArrayAppendInt(c[8], row.small));
    append_text(c[9], row.code);
}

std::string arrow_chunk(int from) {
    ArrowSchema schema;
    make_schema(schema);
    ArrowBuffer bytes;
    ArrowBufferInit(&bytes);
    ArrowIpcOutputStream output;
    check(ArrowIpcOutputStreamInitBuffer(&output, &bytes));
    ArrowIpcWriter writer;
    check(ArrowIpcWriterInit(&writer, &output));
    check(ArrowIpcWriterWriteSchema(&writer, &schema, nullptr));
    for (int first = from; first < from + rows_a_chunk; first += rows_a_record_batch) {
        ArrowArray array;
        check(ArrowArrayInitFromSchema(&array, &schema, nullptr));
        check(ArrowArrayStartAppending(&array));
        for (int i = first; i < first + rows_a_record_batch; ++i) append_row(array, row_of(i));
        array.length = rows_a_record_batch;
        check(ArrowArrayFinishBuildingDefault(&array, nullptr));
        ArrowArrayView view;
        check(ArrowArrayViewInitFromSchema(&view, &schema, nullptr));
        check(ArrowArrayViewSetArray(&view, &array, nullptr));
        check(ArrowIpcWriterWriteArrayView(&writer, &view, nullptr));
        ArrowArrayViewReset(&view);
        array.release(&array);
    }
    check(ArrowIpcWriterWriteArrayView(&writer, nullptr, nullptr));
    std::string body{reinterpret_cast<const char*>(bytes.data), static_cast<std::size_t>(bytes.size_bytes)};
    ArrowIpcWriterReset(&writer);
    ArrowBufferReset(&bytes);
    schema.release(&schema);
    return body;
}

/// Chunks in files, so that their making and keeping count for nothing.
std::string file_of(RowFormat format, int chunk) {
    const char* folder = std::getenv("TMPDIR");
    return fmt::format("{}/snowflake_result_bench_{}_{}", folder == nullptr ? "/tmp" : folder,
                       format == RowFormat::arrow ? "arrow" : "json", chunk);
}

void write_files(RowFormat format) {
    for (int chunk = 0; chunk * rows_a_chunk < rows_in_all; ++chunk) {
        std::ofstream file{file_of(format, chunk), std::ios::binary};
        const int from = chunk * rows_a_chunk;
        file << (format == RowFormat::arrow ? arrow_chunk(from) : json_chunk(from));
    }
}

void remove_files(RowFormat format) {
    for (int chunk = 0; chunk * rows_a_chunk < rows_in_all; ++chunk) std::remove(file_of(format, chunk).c_str());
}

class FileStorage final : public ChunkSource {
public:
    async::Task<std::expected<std::string, ChunkFailure>> fetch(async::Call&, Chunk chunk, HeaderList) override {
        std::string body;
        body.resize_and_overwrite(*chunk.uncompressed_bytes, [&](char* bytes, std::size_t size) {
            std::ifstream file{chunk.url, std::ios::binary};
            file.read(bytes, static_cast<std::streamsize>(size));
            return static_cast<std::size_t>(file.gcount());
        });
        co_return body;
    }
};

std::string answer_of(RowFormat format) {
    std::string chunks;
    for (int chunk = 0; chunk * rows_a_chunk < rows_in_all; ++chunk) {
        std::ifstream file{file_of(format, chunk), std::ios::binary | std::ios::ate};
        fmt::format_to(std::back_inserter(chunks), R"({}{{"url":"{}","rowCount":{},"uncompressedSize":{}}})",
                       chunk > 0 ? "," : "", file_of(format, chunk), rows_a_chunk,
                       static_cast<std::int64_t>(file.tellg()));
    }
    return fmt::format(R"({{"data":{{"rowtype":{},"rowset":[],"total":{},"queryResultFormat":"{}","chunks":[{}]}},)"
                       R"("success":true}})",
                       row_types, rows_in_all, format == RowFormat::arrow ? "arrow" : "json", chunks);
}

/// As the pipeline reads: cells of a row, then their text.
async::Task<void> render(async::Call& call, backend::ResultSet* result, std::FILE* out, std::size_t* bytes,
                         bool* good) {
    std::string csv;
    std::string scratch;
    while (true) {
        auto batch = co_await result->next(call);
        if (!batch) {
            fmt::print(stderr, "{}\n", batch.error().message());
            break;
        }
        if (*batch == nullptr) {
            *good = true;
            break;
        }
        for (std::size_t row = 0; row < (*batch)->rows(); ++row) {
            for (std::size_t column = 0; column < columns; ++column) {
                if (column > 0) csv += ',';
                const backend::Cell cell = (*batch)->cell(row, column);
                if (cell.is_null()) continue;
                switch (cell.kind()) {
                    case backend::Cell::Kind::text:
                    case backend::Cell::Kind::binary:
                    case backend::Cell::Kind::json:
                        scratch.clear();
                        backend::append_text(scratch, cell);
                        query::append_csv(csv, scratch);
                        break;
                    default: backend::append_text(csv, cell); break;
                }
            }
            csv += "\r\n";
        }
        if (csv.size() > 64 * 1024) {
            *bytes += csv.size();
            std::fwrite(csv.data(), 1, csv.size(), out);
            csv.clear();
        }
    }
    *bytes += csv.size();
    std::fwrite(csv.data(), 1, csv.size(), out);
}

double peak_megabytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024;
}

double megabytes_now() {
    std::ifstream file{"/proc/self/statm"};
    long size = 0;
    long resident = 0;
    file >> size >> resident;
    return static_cast<double>(resident) * 4096 / (1 << 20);
}

void reset_peak() { std::ofstream{"/proc/self/clear_refs"} << "5"; }

double peak_since_reset() {
    std::ifstream file{"/proc/self/status"};
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("VmHWM:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
    return peak_megabytes();
}

void million_rows(benchmark::State& state, RowFormat format) {
    write_files(format);
    const std::string answer = answer_of(format);
    base::MemoryBudget memory{{}};
    std::FILE* out = std::fopen("/dev/null", "w");
    double cpu = 0;
    double peak = 0;
    std::size_t bytes = 0;
    for (auto _ : state) {
        async::TaskGroup tasks;
        async::Worker worker{0};
        async::Call::Parts parts{.request_id = "1",
                                 .principal = std::make_shared<base::Principal>(),
                                 .deadline = worker.now() + std::chrono::hours{1},
                                 .trace = {},
                                 .progress = {}};
        async::Call call{worker, std::move(parts)};
        reset_peak();
        const double before = megabytes_now();
        const std::clock_t start = std::clock();
        ResultParts with;
        with.tasks = &tasks;
        with.memory = &memory;
        with.chunks = std::make_shared<FileStorage>();
        auto opened = open_result(*parse_query_answer(answer), std::move(with));
        bool good = false;
        bytes = 0;
        tasks.spawn(worker, [&] { return render(call, opened->get(), out, &bytes, &good); });
        while (worker.poll() > 0) {
        }
        cpu += static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
        peak = std::max(peak, peak_since_reset() - before);
        if (!good) state.SkipWithError("the rows were not all read");
        opened->reset();
        while (worker.poll() > 0) {
        }
        tasks.stop(async::StopReason::drain);
    }
    std::fclose(out);
    if (std::getenv("KEEP_CHUNKS") == nullptr) remove_files(format);
    state.counters["cpu_seconds"] = cpu / static_cast<double>(state.iterations());
    state.counters["peak_mb_above"] = peak;
    state.counters["csv_mb"] = static_cast<double>(bytes) / 1e6;
}
BENCHMARK_CAPTURE(million_rows, arrow, RowFormat::arrow)->Unit(benchmark::kMillisecond)->Iterations(2);
BENCHMARK_CAPTURE(million_rows, json, RowFormat::json)->Unit(benchmark::kMillisecond)->Iterations(2);

void small_answer(benchmark::State& state) {
    std::string parameters;
    for (int i = 0; i < 25; ++i)
        fmt::format_to(std::back_inserter(parameters), R"({}{{"name":"CLIENT_PARAMETER_{}","value":{}}})",
                       i > 0 ? "," : "", i, i % 2 == 0 ? "true" : "\"text\"");
    const std::string body = fmt::format(
        R"({{"data":{{"parameters":[{}],"rowtype":[{{"name":"1","database":"","schema":"","table":"","nullable":false,)"
        R"("byteLength":null,"scale":0,"length":null,"precision":1,"type":"fixed","collation":null}}],"rowset":[["1"]],)"
        R"("total":1,"returned":1,"queryId":"01b0c0ff-0000-0000-0000-000000000001","finalDatabaseName":"DB",)"
        R"("finalSchemaName":"PUBLIC","finalWarehouseName":"WH","finalRoleName":"R","numberOfBinds":0,)"
        R"("statementTypeId":4096,"version":1,"queryResultFormat":"json"}},"code":null,"message":null,"success":true}})",
        parameters);
    for (auto _ : state) {
        auto answer = parse_query_answer(body);
        benchmark::DoNotOptimize(answer);
    }
    state.counters["body_bytes"] = static_cast<double>(body.size());
}
BENCHMARK(small_answer);

}  // namespace
