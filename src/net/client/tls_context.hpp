/// TLS towards servers: always verified (chain and name), 1.2 or newer, with sessions kept for resumption.
///
/// Place: one for the process, in `Outbound`. Threads: any; a `TlsStream` is its connection's. Lifetime: shared by its
/// streams.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "net/client/stream.hpp"

namespace net::client {

class TlsContext;

class TlsStream final : public Stream {
public:
    struct State;
    explicit TlsStream(std::unique_ptr<State> state);
    ~TlsStream() override;

    /// `done` when the peer is verified; `would_block`: again after the next edge.
    async::IoResult handshake();
    /// After a failed handshake: was it the peer's certificate that was not accepted?
    bool certificate_refused() const;
    bool resumed() const;

    async::IoResult read_some(std::span<char> into) override;
    async::IoResult write_some(std::span<iovec> from) override;
    bool short_read_is_last() const override { return false; }
    std::string trouble() const override;

private:
    async::IoResult failed(int result);
    std::unique_ptr<State> state_;
};

class TlsContext : public std::enable_shared_from_this<TlsContext> {
public:
    /// The system's authorities (SSL_CERT_FILE and SSL_CERT_DIR are honoured) and those of `ca_file` if it is not
    /// empty. The system's are read by the first `connect`, once: it takes 25 ms and 5 MB, which a start need not pay.
    static base::Result<std::shared_ptr<TlsContext>> create(const std::string& ca_file);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    /// `host`: a name or an address literal, which the certificate must be for; `host_and_port`: whose sessions may be
    /// resumed.
    std::unique_ptr<TlsStream> connect(std::unique_ptr<Stream> below, const std::string& host,
                                       const std::string& host_and_port);

private:
    friend struct TlsStream::State;
    struct Parts;
    explicit TlsContext(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace net::client
