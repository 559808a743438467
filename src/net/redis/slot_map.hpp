/// Which node of a Redis Cluster has a key
/// (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/).
///
/// Pure. Threads: none of its own. Learnt from CLUSTER SLOTS, corrected by each MOVED.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace net::redis {

struct Node {
    std::string host;
    int port = 0;

    friend bool operator==(const Node&, const Node&) = default;
};

inline constexpr int slot_count = 16'384;

/// CRC16 (XMODEM) of the key, or of what stands between its first '{' and the next '}' where that is not empty.
int slot_of(std::string_view key);

/// "MOVED 3999 127.0.0.1:6381", "ASK 3999 [::1]:6381"
struct Redirect {
    bool ask = false;  ///< this command only; else the slot has moved for good
    int slot = 0;
    Node node;
};
/// `asked`: who said so; a redirect without a host means the same one.
std::optional<Redirect> parse_redirect(std::string_view error, const Node& asked);

class SlotMap {
public:
    /// Slots `first` to `last` are on `node` (a master).
    void put(int first, int last, const Node& node);
    /// Absent: nobody has said.
    const Node* node_of(int slot) const;
    bool empty() const { return nodes_.empty(); }
    const std::vector<Node>& nodes() const { return nodes_; }
    /// A node is gone: its slots are nobody's until somebody says.
    void forget(const Node& node);
    void clear();

private:
    std::vector<Node> nodes_;
    std::array<std::int16_t, slot_count> of_ = empty_slots();
    static std::array<std::int16_t, slot_count> empty_slots();
};

}  // namespace net::redis
