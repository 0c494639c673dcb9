// Contract words of reviews, soft checks, boundary changes and rules, and what people read in their place.
#pragma once

#include <google/protobuf/repeated_field.h>

#include <string>
#include <string_view>

#include "anju/aggregator/v1/aggregator.pb.h"
#include "anju/plan/v1/event.pb.h"
#include "anju/progress/v1/event.pb.h"
#include "anju/types/v1/view.pb.h"
#include "services/cli/context.h"

namespace anju::cli {

// Words of JSON and CSV; "" for values of a newer service.
std::string_view KindWord(progress::v1::UpdateKind kind);                 // cumulative, increment, correction, reduction
std::string_view ReviewWord(types::v1::ReviewState state);                // reported, returned, reviewed, confirmed
std::string_view BoundaryWord(plan::v1::BoundaryKind kind);               // rename, recode, move, abolish, merge, split, convert
std::string_view CheckWord(plan::v1::SoftCheck check);                    // part_above_whole … late
std::string_view ActionWord(plan::v1::CheckAction action);                // flag, explain, off
std::string_view FigureRuleWord(aggregator::v1::Rule rule);               // children, programmes, own, members, inherited, none
std::string_view MilestoneWord(aggregator::v1::MilestoneState state);     // met, missed, ahead, unknown

// One of these words (or of layers, sort keys, ties) for the reader; unknown words come back unchanged.
std::string Reading(std::string_view word, Lang lang);

// A share of a boundary change: "1/2", or "" where nothing is passed on.
std::string ShareText(const plan::v1::BoundaryEvent& event);

using Flags = google::protobuf::RepeatedPtrField<progress::v1::Flag>;
using Notes = google::protobuf::RepeatedPtrField<aggregator::v1::FigureNote>;
// Names of the rules that were tripped.
Json FlagsJson(const Flags& flags);
// What was tripped, for people: 累计下降、迟报.
std::string FlagsText(const Flags& flags, Lang lang);
// [{"sequence","kind","checks":[…],"explanation"}].
Json NotesJson(const Notes& notes);
// For people: "※ 累计下降：系统补录" or "※ 迟报（未说明）"; "" without notes.
std::string NotesText(const Notes& notes, Lang lang);

// A moment in Asia/Shanghai: "2026-11-22 08:39:12"; "" for 0.
std::string FormatMoment(int64_t micros);

}  // namespace anju::cli
