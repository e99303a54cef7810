// Files, folders, uploads in parts, downloads and tickets, on both databases.
#include "services/files.h"

#include "services/downloads.h"
#include "services/file_uploads.h"
#include "services/folders.h"
#include "services/identity_testing.h"
#include "tests/postgres.h"

namespace quanji::services {
namespace {

using base::Code;
using testing::code_of;

class Cabinet : public testing::House {
 public:
  explicit Cabinet(std::string url = {}) : House(std::move(url)) {
    auto names = testing::tested_permissions();
    for (const auto* name : {"file.change", "file.create", "file.delete", "file.download", "file.move", "file.read", "folder.change",
                             "folder.create", "folder.delete", "folder.move", "folder.read"})
      names.emplace_back(name);
    std::sort(names.begin(), names.end());
    domain::publish_permissions(std::move(names));
    forget_epochs();
    storage::BlobOptions options;
    options.data_dir = folder.path() + "/data";
    options.clock = clock;
    options.keep_free = 0;
    auto opened = storage::Blobs::open(*store, std::move(options));
    EXPECT_TRUE(opened.ok());
    blobs = std::move(*opened);
    mine = department("清算部");
    other = department("别处");
    operator_ = user("operator", mine);
    give(operator_, domain::Preset::operator_, mine);
    stranger = user("stranger", other);
    give(stranger, domain::Preset::operator_, other);
  }
  Received received(std::string_view bytes, std::string name = {}) {
    const auto put = blobs->keep(bytes);
    EXPECT_TRUE(put.ok()) << put.error().detail();
    return {*put, std::move(name), "text/plain", {}};
  }
  Result<File> create(const UserId& who, NewFile wanted, std::string_view bytes, std::string form_name = {}) {
    if (wanted.kind.empty()) wanted.kind = "other";
    if (!wanted.department_id && !wanted.folder_id) wanted.department_id = mine;
    return run(as(who, "file.create"), &create_file, Uploaded<NewFile>{wanted, received(bytes, std::move(form_name))});
  }
  File make(std::string name, std::string_view bytes = "content", std::optional<FolderId> at = {}) {
    auto made = create(operator_, NewFile{.name = std::move(name), .folder_id = at}, bytes);
    EXPECT_TRUE(made.ok()) << testing::en(made.error());
    return *made;
  }
  FolderId folder_named(std::string name, std::optional<FolderId> parent = {}) {
    const auto made =
        run(as(operator_, "folder.create"), &create_folder,
            NewFolder{.department_id = parent ? std::nullopt : std::optional(mine), .parent_id = parent, .name = std::move(name)});
    EXPECT_TRUE(made.ok()) << testing::en(made.error());
    return made.ok() ? made->id : FolderId{};
  }
  Result<File> read(const UserId& who, const FileId& id) { return ask(as(who, "file.read"), &read_file, FileRef{id}); }
  Result<Upload> start(std::string name, std::int64_t size, std::int64_t part = 64 << 10, std::optional<std::string> sha256 = {}) {
    NewUpload wanted;
    wanted.name = std::move(name);
    wanted.size = size;
    wanted.part_bytes = part;
    wanted.department_id = mine;
    wanted.kind = "input";
    wanted.sha256 = std::move(sha256);
    return run(as(operator_, "file.create"), &start_upload, wanted);
  }
  Result<Upload> part(const UploadId& id, std::int64_t number, std::string_view bytes, std::optional<std::string> sha256 = {}) {
    return run(as(operator_, "file.create"), &put_upload_part, Uploaded<PartRef>{{id, number, std::move(sha256)}, received(bytes)});
  }
  // As api/file_work does it.
  Result<File> complete(const UploadId& id) {
    QUANJI_TRY(const auto pieces, ask(as(operator_, "file.create"), &pieces_of_upload, UploadRef{id}));
    std::string whole;
    Received content;
    for (const auto& piece : pieces) {
      whole += *blobs->read_all(piece, 1 << 30);
      content.pieces.push_back(piece.sha256);
    }
    content.blob = *blobs->keep(whole);
    return run(as(operator_, "file.create"), &complete_upload, Uploaded<UploadRef>{{id}, content});
  }
  std::string bytes_of(const Download& download) {
    std::string all;
    for (const auto& piece : download.pieces) all += piece.blob ? *blobs->read_all(*piece.blob, 1 << 30) : piece.bytes;
    return all;
  }
  std::int64_t sweep_blobs() {
    clock->advance(std::chrono::hours(25));
    return *blobs->sweep();
  }
  UserId operator_, stranger;
  DepartmentId mine, other;
  std::unique_ptr<storage::Blobs> blobs;
};

class Files : public ::testing::TestWithParam<const char*> {
 protected:
  Files() {
    if (std::string_view(GetParam()) == "postgres") database_.emplace();
    house_.emplace(database_ ? database_->url() : "");
  }
  Cabinet& house() { return *house_; }

 private:
  std::optional<tests::FreshDatabase> database_;
  std::optional<Cabinet> house_;
};
INSTANTIATE_TEST_SUITE_P(Both, Files, ::testing::Values("sqlite", "postgres"), [](const auto& tried) { return std::string(tried.param); });

TEST_P(Files, AFileIsReadWithTheDigestsOfWhatCame) {
  const auto made =
      house().create(house().operator_, NewFile{.name = "对账.csv", .kind = "input", .business_date = base::Date{20'000}}, "1,2\n");
  ASSERT_TRUE(made.ok()) << testing::en(made.error());
  const auto file = house().read(house().operator_, made->id);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->sha256, base::hex(base::sha256("1,2\n")));
  EXPECT_EQ(file->sm3, base::hex(base::sm3("1,2\n")));
  EXPECT_EQ(file->size, 4);
  EXPECT_EQ(file->content_type, "text/plain");
  EXPECT_EQ(file->business_date, base::Date{20'000});
  EXPECT_EQ(file->created_by, "operator");
}

TEST_P(Files, WhoHasNoRightsInItsDepartmentDoesNotLearnThatItExists) {
  const auto file = house().make("a.txt");
  EXPECT_EQ(code_of(house().read(house().stranger, file.id)), Code::not_found);
  EXPECT_EQ(code_of(house().ask(house().as(house().stranger, "file.download"), &download_file, FileRef{file.id})), Code::not_found);
  EXPECT_EQ(code_of(house().create(house().stranger, NewFile{.name = "b.txt"}, "x")), Code::not_found);
  base::ListQuery all;
  EXPECT_EQ(house().ask(house().as(house().stranger, "file.read"), &list_files, all)->items.size(), 0U);
  EXPECT_EQ(house().ask(house().as(house().operator_, "file.read"), &list_files, all)->items.size(), 1U);
}

TEST_P(Files, AnotherContentThanPromisedIsRefusedAndNothingIsKept) {
  NewFile wanted{.name = "a.txt"};
  wanted.sha256 = base::hex(base::sha256("right"));
  const auto wrong = house().create(house().operator_, wanted, "wrong");
  ASSERT_EQ(code_of(wrong), Code::invalid_field);
  EXPECT_EQ(wrong.error().fields().at(0).field, "sha256");
  EXPECT_TRUE(house().create(house().operator_, wanted, "right").ok());
  EXPECT_EQ(house().sweep_blobs(), 1) << "what nobody names goes";
}

TEST_P(Files, NamesTypesSizesAndTimesThatDoNotFitAreRefused) {
  auto& h = house();
  EXPECT_EQ(code_of(h.create(h.operator_, NewFile{.name = "run.EXE"}, "x")), Code::invalid_field);
  EXPECT_EQ(code_of(h.create(h.operator_, NewFile{}, "x")), Code::invalid_field);
  EXPECT_EQ(code_of(h.create(h.operator_, NewFile{}, "x", "../up")), Code::invalid_field)
      << "a form's file name is no better than a given one";
  EXPECT_EQ(code_of(h.create(h.operator_, NewFile{.name = "a", .expires_at = h.clock->now()}, "x")), Code::invalid_field);
  EXPECT_EQ(code_of(h.create(h.operator_, NewFile{.name = "a", .folder_id = FolderId{base::Ulid{{9}}}}, "x")), Code::invalid_field);
  EXPECT_TRUE(h.create(h.operator_, NewFile{}, "x", "form.txt").ok());
  ASSERT_TRUE(h.change([](Change& c) { return settings::put(c, "files.types", R"(["csv"])"); }, testing::House::setup()).ok());
  EXPECT_EQ(code_of(h.create(h.operator_, NewFile{.name = "a.txt"}, "x")), Code::invalid_field);
  EXPECT_TRUE(h.create(h.operator_, NewFile{.name = "a.csv"}, "x").ok());
  ASSERT_TRUE(h.change([](Change& c) { return settings::put(c, "files.max_mb", "1"); }, testing::House::setup()).ok());
  EXPECT_EQ(code_of(h.start("big.csv", (1 << 20) + 1)), Code::too_large);
  settings::forget();
}

TEST_P(Files, AFolderHoldsANameOnceAndIsNotDeletedWhileItHoldsAnything) {
  auto& h = house();
  const auto folder = h.folder_named("日终"), below = h.folder_named("明细", folder);
  const auto file = h.make("a.txt", "1", below);
  EXPECT_EQ(code_of(h.create(h.operator_, NewFile{.name = "a.txt", .folder_id = below}, "2")), Code::name_taken);
  const auto again = h.run(h.as(h.operator_, "folder.create"), &create_folder, NewFolder{.parent_id = folder, .name = "明细"});
  EXPECT_EQ(code_of(again), Code::name_taken);
  const auto refused = h.run(h.as(h.operator_, "folder.delete"), &delete_folder, FolderRef{folder});
  EXPECT_EQ(code_of(refused), Code::still_referenced);
  EXPECT_TRUE(h.run(h.as(h.operator_, "file.delete"), &delete_file, FileRef{file.id}).ok());
  EXPECT_TRUE(h.run(h.as(h.operator_, "folder.delete"), &delete_folder, FolderRef{below}).ok());
  EXPECT_TRUE(h.run(h.as(h.operator_, "folder.delete"), &delete_folder, FolderRef{folder}).ok());
}

TEST_P(Files, FoldersAreRenamedAndMovedWithAllBelowAndNeverIntoThemselves) {
  auto& h = house();
  const auto a = h.folder_named("a"), b = h.folder_named("b"), below = h.folder_named("c", a), deep = h.folder_named("d", below);
  const auto path = [&](const FolderId& id) { return h.ask(h.as(h.operator_, "folder.read"), &read_folder, FolderRef{id})->path; };
  const auto move = [&](const FolderId& id, std::optional<FolderId> to) {
    return h.run(h.as(h.operator_, "folder.move"), &move_folder, FolderMove{id, to});
  };
  ASSERT_TRUE(move(below, b).ok());
  EXPECT_EQ(path(deep), "b/c/d");
  EXPECT_EQ(code_of(move(b, deep)), Code::invalid_field);
  EXPECT_EQ(code_of(move(b, b)), Code::invalid_field);
  ASSERT_TRUE(h.run(h.as(h.operator_, "folder.change"), &change_folder, base::Patch<FolderChange>{{b, "新", {}}, 0b10}).ok());
  EXPECT_EQ(path(deep), "新/c/d");
  ASSERT_TRUE(move(below, {}).ok());
  EXPECT_EQ(path(deep), "c/d");
  auto at = h.folder_named("1");
  for (int level = 2; level <= folder_depth; ++level) at = h.folder_named(std::to_string(level), at);
  const auto more = h.run(h.as(h.operator_, "folder.create"), &create_folder, NewFolder{.parent_id = at, .name = "9"});
  EXPECT_EQ(code_of(more), Code::invalid_field);
  EXPECT_EQ(code_of(move(below, at)), Code::invalid_field);
}

TEST_P(Files, AFileMovesToAnotherDepartmentOnlyForWhoMayInBoth) {
  auto& h = house();
  const auto file = h.make("a.txt");
  const auto move = [&] { return h.run(h.as(h.operator_, "file.move"), &move_file, FileMove{file.id, {}, h.other}); };
  EXPECT_FALSE(move().ok());
  h.give(h.operator_, domain::Preset::operator_, h.other);
  const auto moved = move();
  ASSERT_TRUE(moved.ok()) << testing::en(moved.error());
  EXPECT_EQ(moved->department_id, h.other);
  EXPECT_TRUE(h.read(h.stranger, file.id).ok());
}

TEST_P(Files, ADepartmentWithFilesIsNotDeleted) {
  join_files();
  house().make("a.txt");
  const auto refused = house().run(testing::House::setup(), &delete_department, DepartmentRef{house().mine});
  EXPECT_EQ(code_of(refused), Code::still_referenced);
}

TEST_P(Files, WhatHasExpiredIsGoneAtOnceAndItsContentADayLater) {
  auto& h = house();
  const auto made = h.create(h.operator_, NewFile{.name = "a", .expires_at = h.clock->now().plus(std::chrono::hours(1))}, "short");
  ASSERT_TRUE(made.ok());
  h.clock->advance(std::chrono::hours(2));
  EXPECT_EQ(code_of(h.read(h.operator_, made->id)), Code::not_found);
  EXPECT_TRUE(h.change([](Change& c) -> Status {
                 QUANJI_TRY(const auto n, expire_files(c, 10));
                 EXPECT_EQ(n, 1);
                 return {};
               }).ok());
  EXPECT_EQ(h.sweep_blobs(), 1);
}

TEST_P(Files, TwoFilesOfOneContentShareItAndItStaysForTheOther) {
  auto& h = house();
  const auto one = h.make("1.txt", "same"), two = h.make("2.txt", "same");
  EXPECT_TRUE(h.run(h.as(h.operator_, "file.delete"), &delete_file, FileRef{one.id}).ok());
  EXPECT_EQ(h.sweep_blobs(), 0);
  const auto got = h.ask(h.as(h.operator_, "file.download"), &download_file, FileRef{two.id});
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(h.bytes_of(*got), "same");
  EXPECT_EQ(got->size(), 4);
}

TEST_P(Files, AnUploadInPartsIsResumedWhereItWasAndCompletedWhenAllIsThere) {
  auto& h = house();
  const std::string first(64 << 10, 'a'), second(64 << 10, 'b'), third = "c";
  const auto upload = h.start("big.dbf", (128 << 10) + 1, 64 << 10, base::hex(base::sha256(first + second + third)));
  ASSERT_TRUE(upload.ok()) << testing::en(upload.error());
  EXPECT_EQ(upload->missing, (std::vector<std::int64_t>{1, 2, 3}));
  ASSERT_TRUE(h.part(upload->id, 3, third).ok());
  ASSERT_TRUE(h.part(upload->id, 1, first).ok());
  ASSERT_TRUE(h.part(upload->id, 1, first).ok()) << "the same again is the same";
  EXPECT_EQ(code_of(h.part(upload->id, 2, "short")), Code::invalid_field);
  EXPECT_EQ(code_of(h.part(upload->id, 4, "x")), Code::invalid_field);
  EXPECT_EQ(code_of(h.part(upload->id, 2, second, base::hex(base::sha256("else")))), Code::invalid_field);
  EXPECT_EQ(code_of(h.complete(upload->id)), Code::wrong_state);
  EXPECT_EQ(h.ask(h.as(h.operator_, "file.create"), &read_upload, UploadRef{upload->id})->missing, (std::vector<std::int64_t>{2}));
  EXPECT_EQ(code_of(h.ask(h.as(h.stranger, "file.create"), &read_upload, UploadRef{upload->id})), Code::not_found);

  h.clock->advance(std::chrono::hours(23));  // no sweep takes the parts away meanwhile
  EXPECT_TRUE(h.blobs->sweep().ok());
  ASSERT_TRUE(h.part(upload->id, 2, std::string(64 << 10, 'x')).ok());
  EXPECT_EQ(code_of(h.complete(upload->id)), Code::invalid_field) << "the promised digest";
  ASSERT_TRUE(h.part(upload->id, 2, second).ok()) << "another content takes its place";
  const auto file = h.complete(upload->id);
  ASSERT_TRUE(file.ok()) << testing::en(file.error());
  EXPECT_EQ(file->sha256, base::hex(base::sha256(first + second + third)));
  EXPECT_EQ(file->kind, "input");
  EXPECT_EQ(code_of(h.complete(upload->id)), Code::not_found);
  EXPECT_EQ(h.sweep_blobs(), 7) << "three parts, the one that was replaced, two that were refused, and the whole with another digest";
  EXPECT_EQ(h.bytes_of(*h.ask(h.as(h.operator_, "file.download"), &download_file, FileRef{file->id})), first + second + third);
}

TEST_P(Files, APartChangedWhileItWasPutTogetherIsNoticed) {
  auto& h = house();
  const auto upload = h.start("a", 3);
  ASSERT_TRUE(h.part(upload->id, 1, "old").ok());
  Received content = h.received("old");
  content.pieces = {base::sha256("old")};
  ASSERT_TRUE(h.part(upload->id, 1, "new").ok());
  EXPECT_EQ(code_of(h.run(h.as(h.operator_, "file.create"), &complete_upload, Uploaded<UploadRef>{{upload->id}, content})),
            Code::changed_meanwhile);
}

TEST_P(Files, AnUploadThatIsCancelledOrForgottenLeavesNothing) {
  auto& h = house();
  const auto cancelled = h.start("a", 3), forgotten = h.start("b", 3);
  ASSERT_TRUE(h.part(cancelled->id, 1, "one").ok());
  ASSERT_TRUE(h.part(forgotten->id, 1, "two").ok());
  ASSERT_TRUE(h.run(h.as(h.operator_, "file.create"), &cancel_upload, UploadRef{cancelled->id}).ok());
  h.clock->advance(std::chrono::hours(25));
  EXPECT_EQ(code_of(h.part(forgotten->id, 1, "two")), Code::not_found);
  EXPECT_TRUE(h.change([](Change& c) -> Status {
                 QUANJI_TRY(const auto n, sweep_uploads(c, 10));
                 EXPECT_EQ(n, 1);
                 return {};
               }).ok());
  EXPECT_EQ(h.sweep_blobs(), 2);
}

TEST_P(Files, ATicketWorksOnceSoonAndForWhoeverHoldsIt) {
  auto& h = house();
  const auto file = h.make("a.txt", "secret plans");
  const auto make = [&] { return h.run(h.as(h.operator_, "file.download"), &create_ticket, FileRef{file.id}); };
  const auto nobody = std::make_shared<domain::Caller>();
  const auto use = [&](std::string ticket) {
    TicketUse in;
    in.ticket = base::Secret::take(ticket);
    return h.change(
        [&](Change& c) -> Status {
          QUANJI_TRY(const auto got, use_ticket(c, in));
          EXPECT_EQ(h.bytes_of(got), "secret plans");
          return {};
        },
        nobody);
  };
  const auto ticket = make(), old = make(), orphan = make();
  ASSERT_TRUE(ticket.ok());
  EXPECT_TRUE(ticket->ticket.starts_with("qjd_"));
  EXPECT_TRUE(use(ticket->ticket).ok());
  EXPECT_EQ(use(ticket->ticket).error().code(), Code::wrong_credentials);
  EXPECT_EQ(use("qjd_nonsense").error().code(), Code::wrong_credentials);
  h.clock->advance(std::chrono::minutes(16));
  EXPECT_EQ(use(old->ticket).error().code(), Code::wrong_credentials);
  const auto last = make();
  ASSERT_TRUE(h.run(h.as(h.operator_, "file.delete"), &delete_file, FileRef{file.id}).ok());
  EXPECT_EQ(use(last->ticket).error().code(), Code::wrong_credentials);
}

TEST_P(Files, SeveralGoOutAsOneArchiveWithoutRepeatedNames) {
  auto& h = house();
  const auto a = h.make("a.txt", "first"), b = h.make("A.txt", "second"), c = h.make("空.bin", "");
  const auto got = h.ask(h.as(h.operator_, "file.download"), &download_zip, FileIds{{a.id, b.id, c.id}});
  ASSERT_TRUE(got.ok()) << testing::en(got.error());
  const auto bytes = h.bytes_of(*got);
  EXPECT_EQ(static_cast<std::int64_t>(bytes.size()), got->size());
  const auto path = h.folder.path() + "/x.zip";
  FILE* const out = std::fopen(path.c_str(), "wb");
  std::fwrite(bytes.data(), 1, bytes.size(), out);
  std::fclose(out);
  // Another's reader: it checks every checksum and both headers.
  const std::string script =
      "import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\n"
      "assert z.namelist()==['a.txt','A (2).txt','空.bin'],z.namelist()\n"
      "assert z.read('A (2).txt')==b'second' and z.read('空.bin')==b''\n";
  FILE* const py = std::fopen((h.folder.path() + "/x.py").c_str(), "wb");
  std::fwrite(script.data(), 1, script.size(), py);
  std::fclose(py);
  EXPECT_EQ(std::system(("/usr/bin/python3 -X utf8 " + h.folder.path() + "/x.py " + path).c_str()), 0);
  const auto strange = h.ask(h.as(h.stranger, "file.download"), &download_zip, FileIds{{a.id}});
  EXPECT_EQ(code_of(strange), Code::not_found);
}

TEST_P(Files, ListsAreServedByTheirIndexes) {
  for (const auto* listing : {&file_listing(), &folder_listing()}) {
    EXPECT_TRUE(house()
                    .change([&](Change& change) -> Status {
                      QUANJI_TRY(const auto explained, listing->explain(change));
                      for (const auto& one : explained) EXPECT_EQ(one.trouble, "") << one.combination << "\n" << one.plan;
                      return {};
                    })
                    .ok());
  }
}

}  // namespace
}  // namespace quanji::services
