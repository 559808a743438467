#include "net/client/tls_wire.hpp"

#include <gtest/gtest.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <vector>

namespace client_test {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Key new_key() { return {EVP_EC_gen("P-256"), &EVP_PKEY_free}; }

void extend(X509* certificate, X509* issuer, int what, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
    if (extension == nullptr) throw std::runtime_error{"extension " + value};
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

Certificate new_certificate(EVP_PKEY* key, const char* name, std::chrono::seconds from, std::chrono::seconds until) {
    static std::atomic<long> serial = 1;
    Certificate made{X509_new(), &X509_free};
    X509_set_version(made.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial++);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), from.count());
    X509_gmtime_adj(X509_getm_notAfter(made.get()), until.count());
    X509_set_pubkey(made.get(), key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    return made;
}

int write_to(BIO* bio, const char* bytes, int size) {
    auto& wire = *static_cast<Wire*>(BIO_get_data(bio));
    return wire.send({bytes, static_cast<std::size_t>(size)}) ? size : -1;
}
int read_from(BIO* bio, char* into, int size) {
    auto& wire = *static_cast<Wire*>(BIO_get_data(bio));
    return static_cast<int>(wire.receive(into, static_cast<std::size_t>(size)));
}
long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

}  // namespace

struct Authority::Keys {
    Key key = new_key();
    Certificate certificate{nullptr, &X509_free};
};

struct Authority::Identity {
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context{SSL_CTX_new(TLS_server_method()), &SSL_CTX_free};
};

Authority::Authority() : keys_{std::make_unique<Keys>()} {
    keys_->certificate =
        new_certificate(keys_->key.get(), "Test Authority", std::chrono::hours{-1}, std::chrono::hours{1});
    X509* const own = keys_->certificate.get();
    X509_set_issuer_name(own, X509_get_subject_name(own));
    extend(own, own, NID_basic_constraints, "critical,CA:TRUE");
    X509_sign(own, keys_->key.get(), EVP_sha256());
    std::string path = testing::TempDir() + "authority-XXXXXX";
    const int fd = ::mkstemp(path.data());
    std::FILE* const file = ::fdopen(fd, "w");
    PEM_write_X509(file, own);
    std::fclose(file);
    file_ = path;
}

Authority::~Authority() { std::remove(file_.c_str()); }

std::shared_ptr<Authority::Identity> Authority::issue(const Wish& wish) const {
    const auto key = new_key();
    const auto certificate = new_certificate(key.get(), "server", wish.from, wish.until);
    X509* const issuer = wish.self_signed ? certificate.get() : keys_->certificate.get();
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer));
    extend(certificate.get(), issuer, NID_subject_alt_name, wish.names);
    X509_sign(certificate.get(), wish.self_signed ? key.get() : keys_->key.get(), EVP_sha256());
    auto identity = std::make_shared<Identity>();
    SSL_CTX* const context = identity->context.get();
    SSL_CTX_use_certificate(context, certificate.get());
    SSL_CTX_use_PrivateKey(context, key.get());
    SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>("test"), 4);
    if (wish.only_tls_1_1) {
        SSL_CTX_set_security_level(context, 0);
        SSL_CTX_set_min_proto_version(context, TLS1_1_VERSION);
        SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
    }
    if (wish.only_tls_1_2) SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    return identity;
}

struct TlsWire::State {
    std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)> method{BIO_meth_new(BIO_TYPE_SOURCE_SINK | 100, "wire"),
                                                                 &BIO_meth_free};
    std::unique_ptr<SSL, decltype(&SSL_free)> ssl{nullptr, &SSL_free};
};

TlsWire::TlsWire(Wire& below, const Authority::Identity& identity) : state_{std::make_unique<State>()} {
    BIO_meth_set_write(state_->method.get(), write_to);
    BIO_meth_set_read(state_->method.get(), read_from);
    BIO_meth_set_ctrl(state_->method.get(), control);
    BIO* const bio = BIO_new(state_->method.get());
    BIO_set_init(bio, 1);
    BIO_set_data(bio, &below);
    state_->ssl.reset(SSL_new(identity.context.get()));
    SSL_set_bio(state_->ssl.get(), bio, bio);
}

TlsWire::~TlsWire() = default;

bool TlsWire::accept() {
    ERR_clear_error();
    return SSL_accept(state_->ssl.get()) == 1;
}
bool TlsWire::resumed() const { return SSL_session_reused(state_->ssl.get()) == 1; }
std::string TlsWire::sni() const {
    const char* const name = SSL_get_servername(state_->ssl.get(), TLSEXT_NAMETYPE_host_name);
    return name != nullptr ? name : "";
}
void TlsWire::say_goodbye() { SSL_shutdown(state_->ssl.get()); }

long TlsWire::receive(char* into, std::size_t size) {
    ERR_clear_error();
    return SSL_read(state_->ssl.get(), into, static_cast<int>(size));
}

bool TlsWire::send(std::string_view bytes) {
    ERR_clear_error();
    return SSL_write(state_->ssl.get(), bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size());
}

}  // namespace client_test
