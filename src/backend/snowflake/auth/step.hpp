/// What a login wants done next, and what came of it: the words between the pure core and its shell. Values.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "backend/snowflake/wire/client_identity.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "net/client/url.hpp"

namespace backend::snowflake {

/// Whom a request is for. Secrets of one never go to another, and only the account's redirects are followed.
enum class Trust : std::uint8_t {
    account,   // Snowflake
    provider,  // the identity provider that the settings name
    metadata,  // the cloud's own service on this machine or network
};

/// Answered by `HttpAnswer`, or by an error where none came.
struct SendRequest {
    std::string method = "POST";
    net::client::Url url;
    Headers headers;
    std::string body;
    Trust trust = Trust::account;
    std::chrono::milliseconds patience{0};  ///< for the whole answer; 0: what is left of the call
};

/// Answered by `Listening`. One listener a login; it is closed with it.
struct Listen {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0: any
};

/// Answered by `BrowserOpened`.
struct OpenBrowser {
    std::string url;
};

/// Answered by `CallbackCame`, or by an error (timeout).
struct AwaitCallback {
    std::string path = "/";
    std::chrono::seconds patience{120};
};

/// What the person's browser shows. Answered by `Acknowledged`.
struct AnswerBrowser {
    bool ok = true;
    std::string title;
    std::string text;
};

/// Answered by `Acknowledged`.
struct Pause {
    std::chrono::milliseconds time{0};
};

/// Answered by `FileText`, or by an error.
struct ReadFile {
    std::string path;
};

/// The script has ended: the core has the result.
struct Ended {};

using Step = std::variant<Ended, SendRequest, Listen, OpenBrowser, AwaitCallback, AnswerBrowser, Pause, ReadFile>;

struct HttpAnswer {
    int status = 0;
    Headers headers;
    std::string body;
    net::client::Url url{};  ///< who answered, after redirects

    std::string_view header(std::string_view name) const {
        for (const auto& [key, value] : headers) {
            if (base::iequals(key, name)) {
                return value;
            }
        }
        return {};
    }
};
struct Listening {
    std::uint16_t port = 0;
};
struct BrowserOpened {
    bool opened = false;  ///< false: the URL was only written to the log for the person to open
};
struct CallbackCame {
    std::string method;
    std::string query;  ///< still encoded
    std::string body;
};
struct FileText {
    std::string text;
};
struct Acknowledged {};

using Event = std::variant<Acknowledged, base::Error, HttpAnswer, Listening, BrowserOpened, CallbackCame, FileText>;

}  // namespace backend::snowflake
