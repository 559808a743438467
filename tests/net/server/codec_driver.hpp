/// A codec without a socket: bytes in, what it made of them out.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "net/server/http1_codec.hpp"

class CodecDriver {
public:
    explicit CodecDriver(net::Http1Codec::Limits limits = {}, base::MemoryBudget* budget = nullptr)
        : limits_{limits}, codec{limits_, pool, budget} {
        codec.set_date("Sun, 06 Nov 1994 08:49:37 GMT");
    }

    /// Gives the bytes in pieces of at most `piece`; every request is answered with `answer` at once. What was seen
    /// goes to `seen`: "GET /path \"body\"".
    void feed(std::string_view bytes, std::size_t piece = std::string_view::npos) {
        while (!bytes.empty() && codec.wants_input()) {
            const auto room = codec.prepare();
            if (room.empty()) break;
            const auto count = std::min({piece, bytes.size(), room.size()});
            std::memcpy(room.data(), bytes.data(), count);
            codec.commit(count);
            bytes.remove_prefix(count);
            while (auto request = codec.next()) {
                seen.push_back(std::string{request->method} + " " + std::string{request->path} + " \"" +
                               std::string{request->body} + "\"");
                if (!answers) return;
                codec.reply({.status = 200, .content_type = "text/plain"}, base::Payload::literal("ok"));
            }
        }
    }

    std::string output() { return codec.output().take(); }
    /// Everything that came, and at the end the status of a refusal or "more" where bytes are missing.
    std::string summary() {
        std::string text;
        for (const auto& request : seen) text.append(text.empty() ? "" : " ; ").append(request);
        const auto add = [&](std::string_view end) { text.append(text.empty() ? "" : " ; ").append(end); };
        if (codec.refused()) {
            const auto sent = output();
            add(std::string_view{sent}.substr(sent.rfind("HTTP/1.1 ") + 9, 3));
        } else if (codec.phase() == net::Http1Codec::Phase::head || codec.phase() == net::Http1Codec::Phase::body) {
            add("more");
        }
        return text;
    }

    const net::Http1Codec::Limits limits_;
    net::BlockPool pool;
    net::Http1Codec codec;
    std::vector<std::string> seen;
    bool answers = true;
};
