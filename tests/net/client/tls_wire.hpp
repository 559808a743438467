/// Certificates made while the test runs, and a server's side of TLS with them.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "net/client/scripted_server.hpp"

namespace client_test {

/// A private authority of this test; its PEM file lives as long as the object.
class Authority {
public:
    Authority();
    ~Authority();
    Authority(const Authority&) = delete;
    Authority& operator=(const Authority&) = delete;
    const std::string& file() const { return file_; }

    struct Identity;
    struct Wish {
        std::string names = "DNS:localhost,IP:127.0.0.1";  ///< subjectAltName
        std::chrono::seconds from{-3600};                  ///< validity, from now
        std::chrono::seconds until{3600};
        bool self_signed = false;
        bool only_tls_1_1 = false;
        bool only_tls_1_2 = false;
    };
    std::shared_ptr<Identity> issue(const Wish& wish) const;

private:
    struct Keys;
    std::unique_ptr<Keys> keys_;
    std::string file_;
};

/// TLS over another wire, as the server.
class TlsWire final : public Wire {
public:
    TlsWire(Wire& below, const Authority::Identity& identity);
    ~TlsWire() override;
    bool accept();
    bool resumed() const;
    std::string sni() const;
    void say_goodbye();  ///< close_notify
    long receive(char* into, std::size_t size) override;
    bool send(std::string_view bytes) override;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace client_test
