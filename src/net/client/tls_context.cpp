#include "net/client/tls_context.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <mutex>
#include <utility>

#include "base/mutex.hpp"

namespace net::client {
namespace {

constexpr std::size_t max_hosts = 64;
constexpr std::size_t sessions_per_host = 8;

template <class T, void (*release)(T*)>
struct Release {
    void operator()(T* what) const { release(what); }
};
using CtxPtr = std::unique_ptr<SSL_CTX, Release<SSL_CTX, SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, Release<SSL, SSL_free>>;
using SessionPtr = std::unique_ptr<SSL_SESSION, Release<SSL_SESSION, SSL_SESSION_free>>;

std::string first_error() {
    const auto code = ERR_get_error();
    ERR_clear_error();
    if (code == 0) return {};
    const char* const reason = ERR_reason_error_string(code);
    return reason != nullptr ? reason : fmt::format("error {:x}", code);
}

// --- a BIO on a Stream

Stream& stream_of(BIO* bio) { return *static_cast<Stream*>(BIO_get_data(bio)); }

int bio_result(BIO* bio, const async::IoResult& result, bool reading) {
    BIO_clear_retry_flags(bio);
    switch (result.status) {
        case async::IoResult::Status::done: return static_cast<int>(result.bytes);
        case async::IoResult::Status::would_block:
            reading ? BIO_set_retry_read(bio) : BIO_set_retry_write(bio);
            return -1;
        case async::IoResult::Status::ended: BIO_set_flags(bio, BIO_FLAGS_IN_EOF); return 0;
        case async::IoResult::Status::failed: return -1;
    }
    return -1;
}

int bio_read(BIO* bio, char* into, int size) {
    return bio_result(bio, stream_of(bio).read_some({into, static_cast<std::size_t>(size)}), true);
}

int bio_write(BIO* bio, const char* from, int size) {
    std::array<iovec, 1> piece{iovec{const_cast<char*>(from), static_cast<std::size_t>(size)}};
    return bio_result(bio, stream_of(bio).write_some(piece), false);
}

long bio_control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP) return 1;
    if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    return 0;
}

int bio_create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
}

BIO_METHOD* bio_method() {
    static BIO_METHOD* const method = [] {
        BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
        BIO_meth_set_read(made, bio_read);
        BIO_meth_set_write(made, bio_write);
        BIO_meth_set_ctrl(made, bio_control);
        BIO_meth_set_create(made, bio_create);
        return made;
    }();
    return method;
}

bool is_address(const std::string& host) {
    std::array<unsigned char, sizeof(in6_addr)> bytes;
    return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

}  // namespace

struct TlsContext::Parts {
    CtxPtr context;
    std::once_flag system_authorities;
    base::Mutex mutex;

    void know_system_authorities() {
        std::call_once(system_authorities, [this] {
            SSL_CTX_set_default_verify_paths(context.get());
            ERR_clear_error();  // a machine without authorities of its own may still have a CA file
        });
    }

    std::map<std::string, std::deque<SessionPtr>> sessions BASE_GUARDED_BY(mutex);

    void keep(const std::string& host, SessionPtr session) {
        const base::MutexLock lock{mutex};
        if (sessions.size() >= max_hosts && !sessions.contains(host)) sessions.erase(sessions.begin());
        auto& kept = sessions[host];
        kept.push_back(std::move(session));
        if (kept.size() > sessions_per_host) kept.pop_front();
    }

    /// The newest; one of TLS 1.3 is used once (RFC 8446, C.4).
    SessionPtr take(const std::string& host) {
        const base::MutexLock lock{mutex};
        const auto found = sessions.find(host);
        if (found == sessions.end() || found->second.empty()) return nullptr;
        auto& newest = found->second.back();
        if (SSL_SESSION_get_protocol_version(newest.get()) < TLS1_3_VERSION) {
            SSL_SESSION_up_ref(newest.get());
            return SessionPtr{newest.get()};
        }
        auto taken = std::move(newest);
        found->second.pop_back();
        return taken;
    }
};

struct TlsStream::State {
    std::shared_ptr<TlsContext> context;
    std::unique_ptr<Stream> below;
    SslPtr ssl;
    std::string host_and_port;
    std::string trouble;
    bool connected = false;
    bool broken = false;

    static int keep_session(SSL* ssl, SSL_SESSION* session) {
        auto& state = *static_cast<State*>(SSL_get_app_data(ssl));
        if (SSL_SESSION_is_resumable(session) == 0) return 0;
        state.context->parts_->keep(state.host_and_port, SessionPtr{session});
        return 1;
    }
};

TlsContext::TlsContext(std::unique_ptr<Parts> parts) : parts_{std::move(parts)} {}
TlsContext::~TlsContext() = default;

base::Result<std::shared_ptr<TlsContext>> TlsContext::create(const std::string& ca_file) {
    auto parts = std::make_unique<Parts>();
    parts->context.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX* const context = parts->context.get();
    if (context == nullptr) return base::fail(base::Kind::internal, "OpenSSL gives no TLS context: " + first_error());
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_mode(context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, &TlsStream::State::keep_session);
    constexpr std::array<unsigned char, 9> http_1_1{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    SSL_CTX_set_alpn_protos(context, http_1_1.data(), static_cast<unsigned>(http_1_1.size()));
    if (!ca_file.empty() && SSL_CTX_load_verify_file(context, ca_file.c_str()) != 1) {
        return base::fail(
            base::Error{base::Kind::bad_argument,
                        fmt::format("CLIENT_CA_FILE {} cannot be read as PEM certificates: {}", ca_file, first_error())}
                .at(base::Stage::config)
                .about("CLIENT_CA_FILE"));
    }
    return std::shared_ptr<TlsContext>{new TlsContext{std::move(parts)}};
}

std::unique_ptr<TlsStream> TlsContext::connect(std::unique_ptr<Stream> below, const std::string& host,
                                               const std::string& host_and_port) {
    parts_->know_system_authorities();
    auto state = std::make_unique<TlsStream::State>();
    state->context = shared_from_this();
    state->below = std::move(below);
    state->host_and_port = host_and_port;
    state->ssl.reset(SSL_new(parts_->context.get()));
    SSL* const ssl = state->ssl.get();
    BIO* const bio = BIO_new(bio_method());
    BIO_set_data(bio, state->below.get());
    SSL_set_bio(ssl, bio, bio);
    SSL_set_app_data(ssl, state.get());
    SSL_set_connect_state(ssl);
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    bool named = false;
    if (is_address(host)) {
        named = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
    } else {
        auto name = host;
        while (name.ends_with('.')) name.pop_back();
        named = SSL_set1_host(ssl, name.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, name.c_str()) == 1;
    }
    if (!named) {  // never unverified
        state->broken = true;
        state->trouble = "its name cannot be checked";
    }
    if (const auto session = parts_->take(host_and_port)) SSL_set_session(ssl, session.get());
    ERR_clear_error();
    return std::make_unique<TlsStream>(std::move(state));
}

TlsStream::TlsStream(std::unique_ptr<State> state) : state_{std::move(state)} {}

TlsStream::~TlsStream() {
    if (state_->connected && !state_->broken) SSL_shutdown(state_->ssl.get());  // says so; does not wait for the answer
    ERR_clear_error();
}

async::IoResult TlsStream::failed(int result) {
    using Status = async::IoResult::Status;
    switch (SSL_get_error(state_->ssl.get(), result)) {
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE: return {Status::would_block, 0};
        case SSL_ERROR_ZERO_RETURN: return {Status::ended, 0};
        case SSL_ERROR_SSL: state_->trouble = first_error(); break;
        default: state_->trouble = state_->below->trouble(); break;
    }
    ERR_clear_error();
    state_->broken = true;
    if (state_->trouble.empty()) state_->trouble = "the connection was closed";
    return {Status::failed, 0};
}

async::IoResult TlsStream::handshake() {
    if (state_->broken) return {async::IoResult::Status::failed, 0};
    const int result = SSL_connect(state_->ssl.get());
    if (result != 1) {
        const auto what = failed(result);
        if (what.status == async::IoResult::Status::ended) state_->trouble = "the connection was closed";
        return what;
    }
    state_->connected = true;
    return {async::IoResult::Status::done, 0};
}

bool TlsStream::certificate_refused() const {
    return !state_->connected && SSL_get_verify_result(state_->ssl.get()) != X509_V_OK;
}

bool TlsStream::resumed() const { return SSL_session_reused(state_->ssl.get()) == 1; }

async::IoResult TlsStream::read_some(std::span<char> into) {
    std::size_t got = 0;
    const int result = SSL_read_ex(state_->ssl.get(), into.data(), into.size(), &got);
    if (result == 1) return {async::IoResult::Status::done, got};
    return failed(result);
}

async::IoResult TlsStream::write_some(std::span<iovec> from) {
    std::size_t all = 0;
    for (const auto& piece : from) {
        auto* at = static_cast<const char*>(piece.iov_base);
        auto left = piece.iov_len;
        while (left > 0) {
            std::size_t sent = 0;
            const int result = SSL_write_ex(state_->ssl.get(), at, left, &sent);
            if (result != 1) {
                const auto what = failed(result);
                // What went out before counts; the same bytes are offered again.
                return all > 0 ? async::IoResult{async::IoResult::Status::done, all} : what;
            }
            all += sent;
            at += sent;
            left -= sent;
        }
    }
    return {async::IoResult::Status::done, all};
}

std::string TlsStream::trouble() const {
    if (certificate_refused()) {
        return X509_verify_cert_error_string(SSL_get_verify_result(state_->ssl.get()));
    }
    return state_->trouble.empty() ? "the connection was closed" : state_->trouble;
}

}  // namespace net::client
