// Wire ↔ core: the only file that reads fields of both.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "anju/progress/v1/event.pb.h"
#include "anju/progress/v1/progress.pb.h"
#include "anju/types/v1/basis.pb.h"
#include "common/journal/format.h"
#include "services/progress/core/item.h"
#include "services/progress/core/series_table.h"
#include "services/progress/desk.h"
#include "services/progress/store/event_codec.h"

namespace anju::progress {

// Views into the message.
SeriesText ViewOf(const v1::SeriesDefinition& definition);
ItemText ViewOf(const v1::Item& item);

// Events as bytes.
std::string EncodeSourceOpened(SourceNumber number, const std::string& name, const std::string& actor, const std::string& request_id);
std::string EncodeSeriesOpened(SeriesNumber number, const SeriesKey& key);
std::string EncodeRefusal(SourceNumber source, uint64_t number, Outcome outcome, const Refused& refused, const std::vector<Flag>& flags,
                          uint64_t digest, const std::string& actor);
std::string EncodeReview(const ReviewRecord& record);

// A verdict as answered; `refused` is read only for kRefused.
void FillVerdict(uint64_t number, Outcome outcome, const Refused& refused, const std::vector<Flag>& flags, bool repeated, uint32_t line,
                 v1::Verdict* verdict);
void FillAlreadyRecorded(uint64_t number, uint32_t line, v1::Verdict* verdict);
void FillConflict(uint64_t number, uint32_t line, v1::Verdict* verdict);

// Rows of a list. The numbers in them are resolved with the model's tables; the review is the newest one up to `known`.
void FillListed(const Model& model, uint64_t sequence, int64_t time_us, const UpdateEvent& update, uint64_t known, v1::ListedUpdate* listed);
void FillListed(const Model& model, uint64_t sequence, int64_t time_us, const v1::Refusal& refusal, v1::ListedUpdate* listed);

types::v1::Basis BasisOf(const PlanPosition& plan, const journal::Position& durable);
types::v1::BasisStamp StampOf(const Ground& ground, const journal::Position& durable);

}  // namespace anju::progress
