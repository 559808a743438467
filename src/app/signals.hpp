/// SIGTERM and SIGINT as something the main thread waits for.
///
/// Made before any thread is started, so that all inherit the mask: signals then wait for `wait`. SIGPIPE and SIGXFSZ
/// are ignored.
/// Threads: main's.
#pragma once

#include <chrono>
#include <optional>

namespace app {

class Signals {
public:
    Signals();

    /// Blocks until one comes; answers its number.
    int wait();
    /// The same, for at most so long.
    std::optional<int> wait_for(std::chrono::milliseconds at_most);
    /// As if one had come (the input of stdio ended). Any thread.
    static void raise();
};

}  // namespace app
