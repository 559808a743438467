/// Walks once through a statement and finds what a read must not hold: functions that are not known reads, stages,
/// writes inside a query, INTO, FOR UPDATE, sequences.
///
/// It is no parser: it keeps a stack of brackets, each with the clause it is in, just enough to tell a call `f(x)` from
/// an alias `t(x)`, a type `NUMBER(10)`, a construct `PIVOT(…)` or a pattern. Where it can't tell, it takes it for a
/// call.
///
/// Place: inside the guard. Threads: none; one scan, one thread. Lifetime: the nodes outlive the scan.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sql/policy.hpp"
#include "sql/refusal.hpp"
#include "sql/splitter.hpp"

namespace sql {

enum class ScanMode : std::uint8_t {
    read,        // SELECT, WITH, VALUES: everything counts
    metadata,    // SHOW, DESCRIBE: names with types in brackets are signatures; no query may stand inside
    listing,     // LIST: metadata that names a stage
    change,      // INSERT, UPDATE, …, allowed by the operator
    definition,  // CREATE, COPY, …, allowed by the operator: signatures until a query starts
};

class QueryScan {
public:
    /// `nodes` is one link of a chain, from the word that names its command (or its opening brackets, or WITH).
    QueryScan(std::span<const Node> nodes, ScanMode mode, const Policy& policy);

    /// The first thing to refuse, if any.
    std::optional<Refusal> run();

    /// Did it see something whose answer changes by itself? Valid after `run`.
    bool is_volatile() const { return is_volatile_; }

private:
    enum class FrameKind : std::uint8_t {
        expression,
        query,    // a SELECT has been seen in it
        source,   // brackets in a FROM clause: a join, a subquery
        cast,     // CAST( … AS type )
        type,     // NUMBER( … )
        pattern,  // PATTERN( … ) of MATCH_RECOGNIZE
        match,    // MATCH_RECOGNIZE( … )
        resample,
    };
    enum class Clause : std::uint8_t { none, select_list, from, group_by, other };
    enum class From : std::uint8_t { source, have, condition, values };  // what the FROM clause waits for
    enum class With : std::uint8_t { none, name, after_name, after_columns, body, after_body };

    struct Frame {
        char bracket = 0;
        FrameKind kind = FrameKind::expression;
        Clause clause = Clause::none;
        From from = From::source;
        With with = With::none;
        bool is_identifier = false;  // IDENTIFIER( … )
        bool is_in_path = false;     // behind the colon of `v:a.b[0].c`
        std::size_t opened_at = 0;   // index of the node after the bracket
    };

    Frame& frame() { return frames_.back(); }
    const Token& token(std::size_t i) const { return nodes_[i].token; }
    Keyword keyword(std::size_t i) const { return i < nodes_.size() ? nodes_[i].keyword : Keyword::none; }
    Keyword keyword_before(std::size_t i) const { return i > 0 ? nodes_[i - 1].keyword : Keyword::none; }
    bool is_at(std::size_t i, std::string_view symbol) const { return i < nodes_.size() && token(i).is(symbol); }

    std::optional<Refusal> see(std::size_t i);
    std::optional<Refusal> see_symbol(std::size_t i);
    std::optional<Refusal> see_name(std::size_t i);
    std::optional<Refusal> see_keyword(std::size_t i);
    std::optional<Refusal> see_literal(std::size_t i);
    std::optional<Refusal> see_stage();
    std::optional<Refusal> see_with(std::size_t i);
    std::optional<Refusal> see_write(std::size_t i);
    std::optional<Refusal> see_for(std::size_t i);
    std::optional<Refusal> see_call(std::size_t i);
    std::optional<Refusal> see_identifier(std::size_t i);
    void enter_clause(std::size_t i);
    void close_case(std::size_t i);

    std::optional<Refusal> open(std::size_t i);
    std::optional<Refusal> close(std::size_t i);
    std::optional<Refusal> check_called_expression(std::size_t i) const;
    std::optional<FrameKind> construct(std::size_t i);
    std::optional<FrameKind> fixed_construct(std::size_t i);
    bool is_from_clause() const { return frames_.back().clause == Clause::from; }
    bool is_query() const {
        return frames_.back().kind == FrameKind::query || frames_.back().kind == FrameKind::source;
    }
    void follow_path(std::size_t i);
    bool is_field(std::size_t i) const;
    bool starts_query(std::size_t i) const;
    bool starts_tail(std::size_t i) const;
    bool opens_from(std::size_t i) const;
    bool opens_part_of_match(std::size_t i) const;
    bool is_wildcard(std::size_t i) const;
    bool ends_operand(std::size_t i) const;
    bool is_statement_start(std::size_t i) const;
    bool starts_command(std::size_t i) const;
    bool is_signature() const;
    bool may_name_stage() const {
        return policy_.allow_stage_reads || mode_ == ScanMode::listing || mode_ >= ScanMode::change;
    }

    std::span<const Node> nodes_;
    ScanMode mode_;
    const Policy& policy_;
    std::vector<Frame> frames_;
    FrameKind next_kind_ = FrameKind::expression;  // of the bracket that comes next, when `has_next_kind_`
    bool has_next_kind_ = false;
    bool next_is_identifier_ = false;
    bool closed_identifier_ = false;  // the last bracket closed was IDENTIFIER's
    bool after_with_ = false;         // the next node starts the statement behind WITH
    bool has_select_ = false;
    bool has_sample_ = false;
    bool has_seed_ = false;
    bool has_connect_by_ = false;
    bool is_volatile_ = false;
    std::size_t cases_ = 0;
    std::size_t prefixes_ = 0;   // NOT, -, + in a row
    std::size_t matches_ = 0;    // open MATCH_RECOGNIZE brackets
    std::size_t resamples_ = 0;  // open RESAMPLE brackets
};

}  // namespace sql
