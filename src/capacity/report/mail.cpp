#include "capacity/report/mail.hpp"

#include <curl/curl.h>
#include <dlfcn.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>
#include <string_view>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace capacity::report {
namespace {

// clang-format off
#define MAIL_CURL_FUNCTIONS(X) \
    X(url) X(url_set) X(url_get) X(url_cleanup) X(free) X(easy_init) X(easy_setopt) X(easy_perform) X(easy_cleanup) \
    X(slist_append) X(slist_free_all) X(mime_init) X(mime_addpart) X(mime_data) X(mime_type) X(mime_encoder) \
    X(mime_filename) X(mime_free)
// clang-format on

/// libcurl's functions, loaded by the first mail: with what it brings along (LDAP, Kerberos, SSH, ...) it costs each
/// start of the program 30 ms and 9 MB (bench/footprint.py).
struct Library {
#define MAIL_CURL_FUNCTION(name) decltype(&::curl_##name) name = nullptr;
    MAIL_CURL_FUNCTIONS(MAIL_CURL_FUNCTION)
#undef MAIL_CURL_FUNCTION
};

/// Stays loaded. Error: `unavailable`.
base::Result<const Library*> library() {
    static const base::Result<const Library*> loaded = []() -> base::Result<const Library*> {
        void* handle = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
        static Library all;
        bool whole = handle != nullptr;
#define MAIL_CURL_FUNCTION(name) \
    if (whole) whole = (all.name = reinterpret_cast<decltype(all.name)>(dlsym(handle, "curl_" #name))) != nullptr;
        MAIL_CURL_FUNCTIONS(MAIL_CURL_FUNCTION)
#undef MAIL_CURL_FUNCTION
        if (whole) return &all;
        const char* why = dlerror();
        return base::fail(
            base::Kind::unavailable,
            fmt::format("mail goes by libcurl 7.85 or newer (Debian: libcurl4), which cannot be loaded: {}",
                        why ? why : "a function is missing"));
    }();
    if (loaded) return *loaded;
    return base::fail(base::Error{loaded.error()});
}

/// Only where `library()` has been seen to be there.
const Library& curl() { return **library(); }

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* object) const {
        (curl().*Free)(object);
    }
};
using CurlUrl = std::unique_ptr<CURLU, Freed<&Library::url_cleanup>>;
using Curl = std::unique_ptr<CURL, Freed<&Library::easy_cleanup>>;
using List = std::unique_ptr<curl_slist, Freed<&Library::slist_free_all>>;
using Mime = std::unique_ptr<curl_mime, Freed<&Library::mime_free>>;

/// SMTP_URL in its parts.
struct Parts {
    std::string host;
    std::string user;
    base::Secret password;
    bool secure = false;
};

std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
    char* text = nullptr;
    if (curl().url_get(url, part, &text, flags) != CURLUE_OK || text == nullptr) return {};
    std::string value{text};
    curl().free(text);
    return value;
}

std::unexpected<base::Error> wrong_url(std::string_view why) {
    return base::fail(base::Error{base::Kind::bad_argument,
                                  fmt::format("SMTP_URL {}: smtp://user:password@host:587 or smtps://… is wanted, user "
                                              "and password percent-encoded",
                                              why)}
                          .about("SMTP_URL"));
}

base::Result<Parts> parts_of(const base::Secret& secret) {
    const std::string text{secret.reveal()};
    if (text.empty()) return wrong_url("is not set");
    if (auto there = library(); !there) return base::fail(std::move(there.error()));
    const CurlUrl url{curl().url()};
    if (!url || curl().url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return wrong_url("is no URL");
    const std::string scheme = part_of(url.get(), CURLUPART_SCHEME);
    if (scheme != "smtp" && scheme != "smtps") return wrong_url("is of another kind");
    Parts parts{.host = part_of(url.get(), CURLUPART_HOST),
                .user = part_of(url.get(), CURLUPART_USER, CURLU_URLDECODE),
                .password = base::Secret{part_of(url.get(), CURLUPART_PASSWORD, CURLU_URLDECODE)},
                .secure = scheme == "smtps"};
    if (parts.host.empty()) return wrong_url("has no host");
    return parts;
}

bool is_loopback(std::string_view host) {
    return host == "localhost" || host.starts_with("127.") || host == "[::1]" || host == "::1";
}

/// A server may repeat what it was told.
std::string without(std::string text, std::string_view secret) {
    if (secret.empty()) return text;
    for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 3)) {
        text.replace(at, secret.size(), "***");
    }
    return text;
}

base::Kind kind_of(CURLcode code) {
    switch (code) {
        case CURLE_LOGIN_DENIED: return base::Kind::credentials;
        case CURLE_OPERATION_TIMEDOUT: return base::Kind::timeout;
        case CURLE_SEND_ERROR: return base::Kind::denied;
        default: return base::Kind::unavailable;
    }
}

std::string_view what_failed(CURLcode code) {
    switch (code) {
        case CURLE_LOGIN_DENIED: return "the login was refused";
        case CURLE_OPERATION_TIMEDOUT: return "no answer in time";
        case CURLE_COULDNT_CONNECT: return "no connection";
        case CURLE_COULDNT_RESOLVE_HOST: return "its name is not known";
        case CURLE_PEER_FAILED_VERIFICATION: return "its certificate is not accepted";
        case CURLE_SSL_CONNECT_ERROR: return "TLS failed";
        case CURLE_USE_SSL_FAILED: return "it offers no TLS, and a password goes only through TLS";
        default: return "the mail was not accepted";
    }
}

std::string host_name() {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
    return name[0] == '\0' ? "localhost" : std::string{name.data()};
}

std::string mail_date() {
    const std::time_t now = std::time(nullptr);
    constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    return fmt::format("{}, {} {} {} {:02}:{:02}:{:02} +0000", days[utc.tm_wday], utc.tm_mday, months[utc.tm_mon],
                       utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

List list_of(const std::vector<std::string>& lines) {
    curl_slist* list = nullptr;
    for (const std::string& line : lines) list = curl().slist_append(list, line.c_str());
    return List{list};
}

std::string joined(const std::vector<std::string>& texts) {
    std::string out;
    for (const std::string& text : texts) {
        if (!out.empty()) out += ", ";
        out += text;
    }
    return out;
}

void add_part(curl_mime* mime, const std::string& data, const char* type, const char* encoder,
              const std::string& file) {
    curl_mimepart* part = curl().mime_addpart(mime);
    curl().mime_data(part, data.data(), data.size());
    curl().mime_type(part, type);
    curl().mime_encoder(part, encoder);
    if (!file.empty()) curl().mime_filename(part, file.c_str());
}

void set_server(CURL* easy, const MailServer& server, const Parts& parts, std::array<char, CURL_ERROR_SIZE>& said) {
    const std::string url{server.url.reveal()};
    curl().easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl().easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl().easy_setopt(easy, CURLOPT_PROXY, "");
    curl().easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl().easy_setopt(easy, CURLOPT_ERRORBUFFER, said.data());
    curl().easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, 15L);
    curl().easy_setopt(easy, CURLOPT_TIMEOUT, static_cast<long>(server.patience.count()));
    const bool insist = !parts.password.empty() && !is_loopback(parts.host);
    curl().easy_setopt(easy, CURLOPT_USE_SSL, static_cast<long>(insist ? CURLUSESSL_ALL : CURLUSESSL_TRY));
    if (!server.ca_file.empty()) curl().easy_setopt(easy, CURLOPT_CAINFO, server.ca_file.c_str());
}

}  // namespace

base::Result<void> check_address(const std::string& address) {
    const auto at = address.find('@');
    const bool plain = std::ranges::all_of(address, [](char c) {
        return c > ' ' && c < 127 && std::string_view{"<>()[],;:\\\""}.find(c) == std::string_view::npos;
    });
    if (!plain || address.size() > 254 || at == 0 || at == std::string::npos || at + 1 == address.size() ||
        address.find('@', at + 1) != std::string::npos || address.front() == '-') {
        return base::fail(base::Kind::bad_argument, fmt::format("'{}' is no mail address: name@host is wanted",
                                                                base::escape_untrusted(base::ellipsize(address, 80))));
    }
    return {};
}

base::Result<void> check_server(const MailServer& server) {
    if (auto parts = parts_of(server.url); !parts) return base::fail(std::move(parts.error()));
    return server.from.empty() ? base::Result<void>{} : check_address(server.from);
}

base::Result<void> send_mail(const MailServer& server, const Mail& mail) {
    auto parts = parts_of(server.url);
    if (!parts) return base::fail(std::move(parts.error()));
    const std::string from = server.from.empty() ? fmt::format("snowflake-mcp@{}", host_name()) : server.from;
    for (const std::string& address : mail.to) {
        if (auto fine = check_address(address); !fine) return fine;
    }
    const Curl easy{curl().easy_init()};
    if (!easy) return base::fail(base::Kind::internal, "libcurl does not start");
    std::array<char, CURL_ERROR_SIZE> said{};
    set_server(easy.get(), server, *parts, said);
    std::vector<std::string> recipients;
    for (const std::string& address : mail.to) recipients.push_back(fmt::format("<{}>", address));
    const List to = list_of(recipients);
    const List headers = list_of({"Date: " + mail_date(), "From: <" + from + ">", "To: " + joined(recipients),
                                  "Subject: " + mail.subject,
                                  fmt::format("Message-ID: <{}@{}>", base::new_id(), from.substr(from.find('@') + 1)),
                                  "Auto-Submitted: auto-generated"});
    const Mime mime{curl().mime_init(easy.get())};
    add_part(mime.get(), mail.text, "text/plain; charset=utf-8", "quoted-printable", {});
    add_part(mime.get(), mail.html, "text/html; charset=utf-8", "base64", mail.file_name);
    const std::string sender = fmt::format("<{}>", from);
    curl().easy_setopt(easy.get(), CURLOPT_MAIL_FROM, sender.c_str());
    curl().easy_setopt(easy.get(), CURLOPT_MAIL_RCPT, to.get());
    curl().easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
    curl().easy_setopt(easy.get(), CURLOPT_MIMEPOST, mime.get());
    const CURLcode code = curl().easy_perform(easy.get());
    if (code == CURLE_OK) return {};
    const std::string words = without(without(std::string{said.data()}, parts->password.reveal()), server.url.reveal());
    return base::fail(kind_of(code),
                      fmt::format("the mail server {} did not take the report: {}{}{}", parts->host, what_failed(code),
                                  words.empty() ? "" : ": ", base::escape_untrusted(base::ellipsize(words, 200))));
}

}  // namespace capacity::report
