/// A JSON-RPC batch (2025-03-26 only): its requests run side by side, their answers come back as one array.
///
/// Threads: its caller's worker. Lifetime: shared by its requests' outlets and the channel.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "mcp/outlet.hpp"
#include "mcp/running_call.hpp"

namespace mcp {

class Batch : public std::enable_shared_from_this<Batch> {
public:
    /// Starts what is in it. The reply, or nothing: then `parent` gets it later. A batch of notifications and responses
    /// alone has a silent reply.
    static std::optional<Reply> start(ServerCore& core, const Caller& caller, const CallFacts& facts,
                                      std::string_view raw_array, const std::shared_ptr<Outlet>& parent,
                                      std::shared_ptr<Batch>& batch);

    void stop(async::StopReason reason);

private:
    class Item;

    void take(std::string_view raw, ServerCore& core, Caller caller, const CallFacts& facts);
    void add(Reply reply);
    void answered(Reply reply);
    Reply all();

    std::shared_ptr<Outlet> parent_;
    std::vector<base::Payload> answers_;
    std::vector<RunningCallPtr> calls_;
    std::size_t open_ = 0;
    bool starting_ = true;
};

}  // namespace mcp
