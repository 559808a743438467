#include "backend/snowflake/result/snowflake_result_set.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "backend/snowflake/result/chunk_downloads.hpp"
#include "backend/snowflake/result/json_scan.hpp"
#include "backend/snowflake/result/rows_reader.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"

namespace backend::snowflake {
namespace {

constexpr int most_broken_bodies = 3;  // of one chunk
constexpr int most_fresh_answers = 3;  // of one result

base::Error wrong_answer(const std::string& what, const std::string& query_id) {
    return base::Error{base::Kind::unavailable, "Snowflake's answer " + what}.at(base::Stage::result).query(query_id);
}

/// Some rows of a batch.
class PartOfBatch final : public Batch {
public:
    void set(const Batch& whole, std::size_t first, std::size_t rows) {
        whole_ = &whole;
        first_ = first;
        rows_ = rows;
    }
    std::size_t rows() const override { return rows_; }
    Cell cell(std::size_t row, std::size_t column) const override { return whole_->cell(first_ + row, column); }

private:
    const Batch* whole_ = nullptr;
    std::size_t first_ = 0;
    std::size_t rows_ = 0;
};

class SnowflakeResultSet final : public ResultSet {
public:
    struct Inline {
        std::string body;
        RowFormat format = RowFormat::json;
        std::optional<std::uint64_t> expected;
        bool is_passed = false;  ///< all of it lies before the first row that is wanted
    };
    /// What lies before the first row that is wanted, and was taken out of `chunks` already.
    struct Before {
        std::size_t chunks = 0;
        std::uint64_t rows = 0;  ///< of what is left, to be passed over while it is read
    };

    SnowflakeResultSet(QueryAnswer answer, Inline rows, Before before, std::vector<Chunk> chunks, ResultParts parts)
        : keeps_{std::move(parts.keeps)},
          zone_{std::move(parts.zone)},
          answers_{std::move(parts.answers)},
          types_{std::move(answer.row_types)},
          format_{answer.format},
          query_id_{std::move(answer.query_id)},
          total_{answer.total},
          limit_{parts.limit},
          passed_chunks_{before.chunks},
          skip_{before.rows},
          expected_{rows.expected} {
        for (const RowType& type : types_) {
            columns_.push_back(column_of(type));
            plans_.push_back(plan_of(type, *zone_));
        }
        if (!chunks.empty()) {
            auto wanted = limit_;
            const bool skips_here = expected_ && !rows.is_passed;
            if (wanted && skips_here) *wanted -= std::min(*wanted, *expected_ - skip_);
            if (wanted && !skips_here) *wanted += skip_;
            downloads_ = std::make_shared<ChunkDownloads>(std::move(chunks), answer.chunk_headers(), parts, wanted);
        }
        if (rows.is_passed) return;
        if (parts.memory != nullptr) inline_lease_ = parts.memory->count(rows.body.size());
        reader_ = read(std::move(rows.body), rows.format);
        source_delivered_ = skip_;
    }
    SnowflakeResultSet(const SnowflakeResultSet&) = delete;
    SnowflakeResultSet& operator=(const SnowflakeResultSet&) = delete;
    ~SnowflakeResultSet() override {
        if (downloads_) downloads_->abandon();
    }

    const std::vector<Column>& columns() const override { return columns_; }
    const std::string& query_id() const override { return query_id_; }
    std::optional<std::uint64_t> total_rows() const override { return total_; }

    async::Task<base::Result<const Batch*>> next(async::Call& call) override {
        if (!std::exchange(begun_, true) && downloads_) downloads_->begin(call);
        while (!error_) {
            if (limit_ && delivered_ >= *limit_) {
                end();
                co_return nullptr;
            }
            if (!reader_) {
                if (!downloads_ || chunk_ >= downloads_->size()) co_return nullptr;
                if (auto opened = co_await open_chunk(call); !opened) error_ = std::move(opened.error());
                continue;
            }
            if (std::exchange(has_worked_, true)) co_await let_others_run(call);
            if (call.stopped()) {
                error_ = call.stopped_error(base::Stage::result);
                break;
            }
            auto batch = reader_->next();
            if (!batch) {
                recover(std::move(batch.error()));
            } else if (*batch == nullptr) {
                end_of_source();
            } else if (const Batch* part = deliver(**batch)) {
                co_return part;
            }
        }
        end();
        co_return base::fail(*error_);
    }

private:
    static async::Task<void> let_others_run(async::Call& call) {
        co_await boost::asio::post(call.worker().executor(), boost::asio::use_awaitable_t<async::Executor>{});
    }

    bool in_chunks() const { return chunk_begun_; }

    std::unique_ptr<RowsReader> read(std::string body, RowFormat format) const {
        return format == RowFormat::arrow ? read_arrow_rows(std::move(body), types_, *zone_)
                                          : read_json_rows(std::move(body), plans_);
    }

    /// What of a batch was not delivered yet and is wanted; null where nothing is.
    const Batch* deliver(const Batch& batch) {
        const std::uint64_t first = std::min<std::uint64_t>(batch.rows(), source_delivered_ - source_read_);
        std::uint64_t rows = batch.rows() - first;
        source_read_ += batch.rows();
        source_delivered_ = std::max(source_delivered_, source_read_);
        if (in_chunks() && expected_ && source_delivered_ > *expected_) {
            error_ =
                wrong_answer(fmt::format("has more rows in a chunk than the {} it announced", *expected_), query_id_);
            return nullptr;
        }
        if (limit_) rows = std::min(rows, *limit_ - delivered_);
        if (rows == 0) return nullptr;
        delivered_ += rows;
        if (first == 0 && rows == batch.rows()) return &batch;
        part_.set(batch, static_cast<std::size_t>(first), static_cast<std::size_t>(rows));
        return &part_;
    }

    /// A body that is broken is fetched again; what was delivered of it is passed over.
    void recover(base::Error error) {
        if (!in_chunks() || ++broken_bodies_ >= most_broken_bodies) {
            error_ = std::move(error).query(query_id_);
            return;
        }
        downloads_->wait_before(chunk_, ChunkRetry::shortest);
        close_reader();
        source_read_ = 0;
    }

    void end_of_source() {
        if (expected_ && source_read_ < *expected_) {
            return recover(wrong_answer(fmt::format("announced {} rows and holds {}{}", *expected_, source_read_,
                                                    in_chunks() ? " in a chunk" : ""),
                                        query_id_));
        }
        close_reader();
        if (in_chunks()) ++chunk_;
        chunk_begun_ = false;
        broken_bodies_ = 0;
        skip_ -= std::min(skip_, source_read_);
        source_read_ = source_delivered_ = 0;
        inline_lease_.release();
    }

    void close_reader() {
        reader_.reset();
        chunk_lease_.release();
        if (downloads_) downloads_->release();
    }

    void end() {
        close_reader();
        if (downloads_) downloads_->abandon();
    }

    async::Task<base::Result<void>> open_chunk(async::Call& call) {
        if (!std::exchange(chunk_begun_, true)) source_delivered_ = std::min(skip_, (*downloads_)[chunk_].rows);
        while (true) {
            auto body = co_await downloads_->take(call, chunk_);
            if (body) {
                expected_ = (*downloads_)[chunk_].rows;
                chunk_lease_ = std::move(body->lease);
                reader_ = read(std::move(body->bytes), format_);
                co_return base::Result<void>{};
            }
            base::Error error = std::move(body.error().error).query(query_id_);
            if (body.error().cure != ChunkFailure::Cure::fresh_url || !answers_ ||
                ++fresh_answers_ > most_fresh_answers)
                co_return base::fail(std::move(error));
            if (auto fresh = co_await fresh_urls(call); !fresh) co_return base::fail(std::move(fresh.error()));
        }
    }

    async::Task<base::Result<void>> fresh_urls(async::Call& call) {
        auto answer = co_await answers_->fetch_again(call, query_id_);
        if (!answer) co_return base::fail(std::move(answer.error()));
        auto chunks = answer->chunks();
        if (!chunks) co_return base::fail(std::move(chunks.error()));
        chunks->erase(chunks->begin(),
                      chunks->begin() + static_cast<std::ptrdiff_t>(std::min(passed_chunks_, chunks->size())));
        bool same = chunks->size() == downloads_->size() && answer->format == format_;
        for (std::size_t i = 0; same && i < chunks->size(); ++i) same = (*chunks)[i].rows == (*downloads_)[i].rows;
        if (!same)
            co_return base::fail(
                wrong_answer("is another one than before: its URLs had expired, and asked again by its "
                             "query id it has other chunks. Run the statement again",
                             query_id_));
        downloads_->replace(std::move(*chunks), answer->chunk_headers());
        co_return base::Result<void>{};
    }

    std::shared_ptr<void> keeps_;
    std::shared_ptr<const Zone> zone_;
    std::shared_ptr<AnswerSource> answers_;
    std::vector<RowType> types_;
    std::vector<CellPlan> plans_;
    std::vector<Column> columns_;
    RowFormat format_;
    std::string query_id_;
    std::optional<std::uint64_t> total_;
    std::optional<std::uint64_t> limit_;
    std::size_t passed_chunks_;  // of the answer, before the first of `downloads_`
    std::uint64_t skip_;         // rows of this source and those behind it that are passed over
    base::Lease inline_lease_;
    base::Lease chunk_lease_;
    std::shared_ptr<ChunkDownloads> downloads_;
    std::unique_ptr<RowsReader> reader_;

    std::uint64_t delivered_ = 0;            // of the whole result
    std::size_t chunk_ = 0;                  // the one that is read, or is next
    bool chunk_begun_ = false;               // false: inline rows, or between chunks
    std::optional<std::uint64_t> expected_;  // rows of what is read
    std::uint64_t source_read_ = 0;          // rows of what is read, since its body came
    std::uint64_t source_delivered_ = 0;     // the same over all its bodies
    int broken_bodies_ = 0;
    int fresh_answers_ = 0;
    bool begun_ = false;
    bool has_worked_ = false;
    PartOfBatch part_;
    std::optional<base::Error> error_;
};

/// Rows that the answer says stand in it, next to those of its chunks. Nothing: it does not say.
base::Result<std::optional<std::uint64_t>> expected_inline(const QueryAnswer& answer,
                                                           const std::vector<Chunk>& chunks) {
    if (!answer.total) return std::nullopt;
    std::uint64_t elsewhere = 0;
    for (const Chunk& chunk : chunks) elsewhere += chunk.rows;
    if (elsewhere > *answer.total)
        return base::fail(wrong_answer(
            fmt::format("announces {} rows and lists chunks with {}", *answer.total, elsewhere), answer.query_id));
    return *answer.total - elsewhere;
}

base::Result<SnowflakeResultSet::Inline> inline_rows(const QueryAnswer& answer, const std::vector<Chunk>& chunks) {
    SnowflakeResultSet::Inline rows;
    auto expected = expected_inline(answer, chunks);
    if (!expected) return base::fail(std::move(expected.error()));
    rows.expected = *expected;
    const std::string_view encoded = answer.rowset_base64();
    if (!encoded.empty()) {
        std::string plain;
        if (!append_unescaped(plain, encoded))
            return base::fail(wrong_answer("holds Arrow rows that are not base64", answer.query_id));
        auto bytes = base::from_base64(plain);
        if (!bytes) return base::fail(wrong_answer("holds Arrow rows that are not base64", answer.query_id));
        rows.body = std::move(*bytes);
        rows.format = RowFormat::arrow;
    } else {
        rows.body = answer.rowset_text();
    }
    // Two official drivers answer an empty result here, and lose rows.
    if (rows.body.empty() && rows.expected.value_or(0) > 0)
        return base::fail(
            wrong_answer(fmt::format("announces {} rows and does not hold them", *rows.expected), answer.query_id));
    return rows;
}

/// Takes out of the answer what `skip` passes by as a whole, so that it is neither fetched nor read.
SnowflakeResultSet::Before pass_by(std::uint64_t skip, SnowflakeResultSet::Inline& rows, std::vector<Chunk>& chunks) {
    if (!rows.expected || skip < *rows.expected || skip == 0) return {.chunks = 0, .rows = skip};
    skip -= *rows.expected;
    rows.is_passed = true;
    rows.body = {};
    std::size_t passed = 0;
    while (passed < chunks.size() && skip >= chunks[passed].rows) skip -= chunks[passed++].rows;
    chunks.erase(chunks.begin(), chunks.begin() + static_cast<std::ptrdiff_t>(passed));
    return {.chunks = passed, .rows = skip};
}

}  // namespace

base::Result<std::unique_ptr<ResultSet>> open_result(QueryAnswer answer, ResultParts parts) {
    if (!answer.unknown_format.empty())
        return base::fail(wrong_answer(fmt::format("comes in a format that this server does not read: {}",
                                                   base::escape_untrusted(answer.unknown_format)),
                                       answer.query_id));
    auto chunks = answer.chunks();
    if (!chunks) return base::fail(std::move(chunks.error()));
    if (!chunks->empty() && (parts.chunks == nullptr || parts.tasks == nullptr || parts.memory == nullptr))
        return base::fail(wrong_answer("has chunks, and nothing to fetch them with", answer.query_id));
    auto rows = inline_rows(answer, *chunks);
    if (!rows) return base::fail(std::move(rows.error()));
    if (answer.row_types.empty() && rows->format == RowFormat::arrow) {
        auto types = arrow_row_types(rows->body);
        if (!types) return base::fail(std::move(types.error()).query(answer.query_id));
        answer.row_types = std::move(*types);
    }
    if (answer.row_types.empty() && (!chunks->empty() || base::trim(rows->body).size() > 0))
        return base::fail(wrong_answer("has rows and does not say what their columns are", answer.query_id));
    if (parts.zone == nullptr) parts.zone = std::make_shared<const Zone>();
    const auto before = pass_by(parts.skip, *rows, *chunks);
    return std::make_unique<SnowflakeResultSet>(std::move(answer), std::move(*rows), before, std::move(*chunks),
                                                std::move(parts));
}

}  // namespace backend::snowflake
