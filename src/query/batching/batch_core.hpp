/// Which of the reads that wait for their turn gather to travel as one request (DESIGN.md section 7, "Batch").
///
/// A read that must wait joins the open batch of its kind, or opens one. A batch is open until it is full or has been
/// open for the time to gather; then the next of its kind opens another. All of a batch leave when the turn of any of
/// them comes: who waits in a batch never waits longer than alone.
///
/// Place: under `Admission`, whose lock guards it. Pure: told the time; reads are tickets.
#pragma once

#include "query/namespace.hpp"

#include <chrono>
#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "query/admission_core.hpp"

namespace query {

class BatchCore {
public:
    using Ticket = AdmissionCore::Ticket;

    struct Limits {
        std::size_t size = 10;
        std::chrono::nanoseconds gather = std::chrono::milliseconds{100};
    };

    explicit BatchCore(Limits limits) : limits_{limits} {}

    /// `ticket` begins to wait. Only reads of the same `kind` (identity, context) may travel together.
    void join(base::TimePoint now, const std::string& kind, Ticket ticket);
    /// The turn of one: all of its batch, `ticket` included, in the order in which they came, and none of them waits
    /// any more. Empty where it is in no batch.
    std::vector<Ticket> depart(Ticket ticket);
    /// It waits no longer. False: it was in no batch.
    bool leave(Ticket ticket);

    std::size_t waiting() const { return batch_of_.size(); }
    std::size_t batches() const { return batches_.size(); }

private:
    struct Batch {
        std::string kind;
        base::TimePoint opened;
        std::vector<Ticket> tickets;  // never empty
    };
    using Place = std::list<Batch>::iterator;

    bool takes_more(const Batch& batch, base::TimePoint now) const;
    void erase(Place batch);

    Limits limits_;
    std::list<Batch> batches_;
    std::unordered_map<std::string, Place> newest_;  // of each kind: the only one that may be open
    std::unordered_map<Ticket, Place> batch_of_;
};

}  // namespace query
