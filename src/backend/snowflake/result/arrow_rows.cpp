// Rows as an Arrow IPC stream: a schema, then record batches, read where they lie in the body. Every message is
// verified and every array validated in full before a cell is read.
#include <nanoarrow/nanoarrow_ipc.h>

#include <fmt/format.h>

#include <cerrno>
#include <optional>

#include "backend/snowflake/result/arrow_column.hpp"
#include "backend/snowflake/result/arrow_verify.hpp"
#include "backend/snowflake/result/rows_reader.hpp"
#include "base/text.hpp"

namespace backend::snowflake {
namespace {

constexpr std::int64_t most_rows_a_record_batch = std::int64_t{1} << 31;
constexpr std::size_t alignment = 8;

base::Error broken(std::string_view what) {
    return base::Error{base::Kind::unavailable, fmt::format("the Arrow result that Snowflake sent {}", what)}.at(
        base::Stage::result);
}

class Schema {
public:
    Schema() { schema_.release = nullptr; }
    Schema(const Schema&) = delete;
    Schema& operator=(const Schema&) = delete;
    ~Schema() {
        if (schema_.release != nullptr) schema_.release(&schema_);
    }
    ArrowSchema* get() { return &schema_; }
    const ArrowSchema& value() const { return schema_; }

private:
    ArrowSchema schema_{};
};

/// Messages of a stream, one after the other.
class Messages {
public:
    explicit Messages(std::string_view stream) : stream_{stream} {
        ready_ = ArrowIpcDecoderInit(&decoder_) == NANOARROW_OK;
    }
    Messages(const Messages&) = delete;
    Messages& operator=(const Messages&) = delete;
    ~Messages() {
        if (ready_) ArrowIpcDecoderReset(&decoder_);
    }

    ArrowIpcDecoder& decoder() { return decoder_; }

    /// Does the size in front of the message fit into what is left? The decoder adds to it before it looks.
    bool size_fits() const {
        std::size_t prefix = 4;
        if (stream_.substr(at_).starts_with("\xFF\xFF\xFF\xFF")) prefix = 8;
        if (stream_.size() - at_ < prefix) return true;  // the decoder says so
        std::uint32_t size = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            size |= static_cast<std::uint32_t>(static_cast<unsigned char>(stream_[at_ + prefix - 4 + i])) << (8 * i);
        }
        return size <= stream_.size() - at_ - prefix || size > 0x7FFFFFFF;  // a negative one is the decoder's to refuse
    }

    /// The next message of any kind; false at the end of the stream.
    base::Result<bool> next() {
        if (at_ >= stream_.size()) {
            // A stream may end without its mark.
            return false;
        }
        if (!ready_) return base::fail(base::Kind::internal, "no Arrow decoder");
        if (!size_fits()) return base::fail(broken("broke off"));
        const ArrowBufferView rest{{stream_.data() + at_}, static_cast<std::int64_t>(stream_.size() - at_)};
        ArrowError error{};
        const int verified = ArrowIpcDecoderVerifyHeader(&decoder_, rest, &error);
        if (verified == ENODATA) {
            at_ = stream_.size();
            return false;
        }
        if (verified == ESPIPE) return base::fail(broken("broke off"));
        if (verified != NANOARROW_OK) return base::fail(broken(fmt::format("is not one: {}", error.message)));
        const auto header = static_cast<std::size_t>(decoder_.header_size_bytes);
        if (decoder_.body_size_bytes < 0 || header > stream_.size() - at_)
            return base::fail(broken("has a message of negative size"));
        if (static_cast<std::uint64_t>(decoder_.body_size_bytes) > stream_.size() - at_ - header)
            return base::fail(broken("broke off inside a record batch"));
        // The decoder accepts messages with and without the mark in front of the size.
        const bool marked = stream_.substr(at_).starts_with("\xFF\xFF\xFF\xFF");
        if (!has_all_parts(stream_.substr(at_ + (marked ? 8 : 4), header - (marked ? 8 : 4)), decoder_.body_size_bytes))
            return base::fail(
                broken("has a message that is neither a schema nor a record batch (dictionaries are not "
                       "read by this server)"));
        if (ArrowIpcDecoderDecodeHeader(&decoder_, rest, &error) != NANOARROW_OK)
            return base::fail(broken(fmt::format("cannot be read: {}", error.message)));
        body_ = {{stream_.data() + at_ + header}, decoder_.body_size_bytes};
        at_ += header + static_cast<std::size_t>(decoder_.body_size_bytes);
        return true;
    }
    ArrowBufferView body() const { return body_; }

    /// Reads the schema, which comes first.
    base::Result<void> schema(Schema& out) {
        auto message = next();
        if (!message) return base::fail(std::move(message.error()));
        if (!*message || decoder_.message_type != NANOARROW_IPC_MESSAGE_TYPE_SCHEMA)
            return base::fail(broken("does not begin with a schema"));
        ArrowError error{};
        if (ArrowIpcDecoderDecodeSchema(&decoder_, out.get(), &error) != NANOARROW_OK)
            return base::fail(broken(fmt::format("has a schema that cannot be read: {}", error.message)));
        if (decoder_.endianness != ArrowIpcSystemEndianness())
            return base::fail(
                broken("has its bytes in another order than this machine, which this server does not "
                       "read"));
        if (ArrowIpcDecoderSetEndianness(&decoder_, decoder_.endianness) != NANOARROW_OK ||
            ArrowIpcDecoderSetSchema(&decoder_, out.get(), &error) != NANOARROW_OK)
            return base::fail(broken(fmt::format("has a schema that cannot be read: {}", error.message)));
        return {};
    }

private:
    std::string_view stream_;
    std::size_t at_ = 0;
    ArrowIpcDecoder decoder_{};
    bool ready_ = false;
    ArrowBufferView body_{};
};

/// What nanoarrow's validation takes for granted: lengths that can be multiplied, and buffers that lie where their
/// numbers can be read (every writer aligns them to 8 or 64 bytes).
bool is_possible(const ArrowArrayView& view) {
    if (view.length < 0 || view.length > most_rows_a_record_batch || view.offset != 0) return false;
    for (const ArrowBufferView& buffer : view.buffer_views)
        if (buffer.size_bytes > 0 && reinterpret_cast<std::uintptr_t>(buffer.data.data) % alignment != 0) return false;
    for (std::int64_t i = 0; i < view.n_children; ++i)
        if (!is_possible(*view.children[i])) return false;
    return true;
}

class ArrowBatch final : public Batch {
public:
    std::size_t rows() const override { return rows_; }
    Cell cell(std::size_t row, std::size_t column) const override { return columns_[column].cell(row); }

    std::vector<ArrowColumn>& columns() { return columns_; }
    void set_rows(std::size_t rows) { rows_ = rows; }

private:
    std::vector<ArrowColumn> columns_;
    std::size_t rows_ = 0;
};

class ArrowRows final : public RowsReader {
public:
    ArrowRows(std::string body, const std::vector<RowType>& types, const Zone& zone)
        : body_{std::move(body)}, types_{types}, zone_{zone}, messages_{body_} {}

    base::Result<const Batch*> next() override {
        if (body_.empty()) return nullptr;
        if (!begun_) {
            begun_ = true;
            if (auto begun = begin(); !begun) return fail(std::move(begun.error()));
        }
        if (error_) return base::fail(*error_);
        while (row_ >= rows_) {
            auto more = next_record_batch();
            if (!more) return fail(std::move(more.error()));
            if (!*more) return nullptr;
        }
        const auto columns = static_cast<std::int64_t>(batch_.columns().size());
        const std::int64_t count =
            std::min(rows_ - row_, std::max<std::int64_t>(static_cast<std::int64_t>(most_cells_a_batch) / columns, 1));
        for (ArrowColumn& column : batch_.columns())
            if (auto ready = column.prepare(row_, count); !ready) return fail(std::move(ready.error()));
        row_ += count;
        batch_.set_rows(static_cast<std::size_t>(count));
        return &batch_;
    }

private:
    std::unexpected<base::Error> fail(base::Error error) {
        error_ = error;
        return base::fail(std::move(error));
    }

    base::Result<void> begin() {
        if (auto read = messages_.schema(schema_); !read) return read;
        const ArrowSchema& root = schema_.value();
        if (!types_.empty() && static_cast<std::size_t>(root.n_children) != types_.size()) {
            return base::fail(
                broken(fmt::format("has {} columns where its row type names {}", root.n_children, types_.size())));
        }
        if (root.n_children == 0) return base::fail(broken("has no columns"));
        for (std::int64_t i = 0; i < root.n_children; ++i) {
            const RowType* type = types_.empty() ? nullptr : &types_[static_cast<std::size_t>(i)];
            auto column = ArrowColumn::make(*root.children[i], type, zone_);
            if (!column) return base::fail(std::move(column.error()));
            batch_.columns().push_back(std::move(*column));
        }
        return {};
    }

    /// False at the end.
    base::Result<bool> next_record_batch() {
        auto message = messages_.next();
        if (!message || !*message) return message;
        ArrowIpcDecoder& decoder = messages_.decoder();
        if (decoder.message_type != NANOARROW_IPC_MESSAGE_TYPE_RECORD_BATCH)
            return base::fail(
                broken("has a message that is no record batch (a dictionary?), which this server does "
                       "not read"));
        if (decoder.codec != NANOARROW_IPC_COMPRESSION_TYPE_NONE)
            return base::fail(broken("has compressed record batches, which this server does not read"));
        ArrowError error{};
        ArrowArrayView* view = nullptr;
        if (ArrowIpcDecoderDecodeArrayView(&decoder, messages_.body(), -1, &view, &error) != NANOARROW_OK)
            return base::fail(broken(fmt::format("has a record batch that cannot be read: {}", error.message)));
        if (!is_possible(*view)) return base::fail(broken("has a record batch of impossible shape"));
        if (ArrowArrayViewValidate(view, NANOARROW_VALIDATION_LEVEL_FULL, &error) != NANOARROW_OK)
            return base::fail(broken(fmt::format("has a record batch that contradicts itself: {}", error.message)));
        for (std::size_t i = 0; i < batch_.columns().size(); ++i) batch_.columns()[i].bind(*view->children[i]);
        rows_ = view->length;
        row_ = 0;
        return true;
    }

    std::string body_;
    const std::vector<RowType>& types_;
    const Zone& zone_;
    Messages messages_;
    Schema schema_;
    ArrowBatch batch_;
    std::int64_t rows_ = 0;  // of the record batch
    std::int64_t row_ = 0;   // next one
    bool begun_ = false;
    std::optional<base::Error> error_;
};

/// Names the type by its metadata, or by what it is made of.
RowType row_type_of(const ArrowSchema& schema) {
    RowType type{.name = schema.name == nullptr ? "" : schema.name};
    const auto text = [&](const char* key) {
        ArrowStringView value{nullptr, 0};
        const bool there =
            ArrowMetadataGetValue(schema.metadata, ArrowCharView(key), &value) == NANOARROW_OK && value.data != nullptr;
        return there ? std::string{value.data, static_cast<std::size_t>(value.size_bytes)} : std::string{};
    };
    type.type = base::to_lower(text("logicalType"));
    type.nullable = (schema.flags & ARROW_FLAG_NULLABLE) != 0;
    const auto number = [&](const char* key) -> std::optional<std::int64_t> {
        const std::string digits = text(key);
        if (digits.empty() || digits.size() > 18) return std::nullopt;
        return std::strtoll(digits.c_str(), nullptr, 10);
    };
    type.precision = number("precision");
    type.scale = number("scale");
    type.length = number("charLength");
    return type;
}

}  // namespace

std::unique_ptr<RowsReader> read_arrow_rows(std::string body, const std::vector<RowType>& types, const Zone& zone) {
    return std::make_unique<ArrowRows>(std::move(body), types, zone);
}

base::Result<std::vector<RowType>> arrow_row_types(std::string_view body) {
    std::vector<RowType> types;
    if (body.empty()) return types;
    Messages messages{body};
    Schema schema;
    if (auto read = messages.schema(schema); !read) return base::fail(std::move(read.error()));
    for (std::int64_t i = 0; i < schema.value().n_children; ++i)
        types.push_back(row_type_of(*schema.value().children[i]));
    return types;
}

}  // namespace backend::snowflake
