-- Columns store what is queried; `body` stores the record itself, as every store encodes it.

-- The clock of all instances. Leases use it and never the clock of a machine.
create function hu_now() returns timestamptz language sql volatile as 'select clock_timestamp()';

create table counter (name text collate "C" primary key, value bigint not null);
insert into counter values ('announcement', 0), ('delivery', 0);

create table lease (role text collate "C" primary key, holder text not null, epoch bigint not null, until timestamptz not null);
create table budget (name text primary key, free timestamptz not null);

-- `mark` identifies the last commit: whoever got no answer to a commit checks whether it is there.
create table tracker (one boolean primary key check (one), mark bytea, body bytea);
insert into tracker values (true, null, null);

create table outage (
  id text collate "C" primary key, since timestamptz not null, until timestamptz, fades timestamptz, body bytea not null);
create index outage_by_time on outage (since desc, id);
create index outage_fades on outage (fades) where fades is not null;

create table announcement (
  id bigint primary key, haste smallint not null, expanded boolean not null, preview boolean not null,
  fades timestamptz not null, body bytea not null);
create index announcement_unexpanded on announcement (id) where not expanded;
create index announcement_fades on announcement (fades);

create table owed (
  announcement bigint, channel bigint, guild bigint not null, delivery bigint not null, primary key (announcement, channel));

-- One queue for each channel: the oldest can be claimed. `body` is null until the first attempt: until then the columns
-- store everything.
create table delivery (
  guild bigint, channel bigint, id bigint, announcement bigint not null, outage text not null, haste smallint not null,
  due timestamptz not null, body bytea, token bigint, lease_until timestamptz, primary key (guild, channel, id));
create index delivery_due on delivery (haste, due, id);
-- Not "where token is not null": a claim would then be looked up here, past all that were completed before it.
create index delivery_taken on delivery (lease_until) where lease_until is not null;
create sequence claim_token;

create table given_up (
  guild bigint, channel bigint, id bigint, fades timestamptz not null, body bytea not null, primary key (guild, channel, id));
create index given_up_fades on given_up (fades);

create table told (
  guild bigint, channel bigint, outage text collate "C", fades timestamptz not null, body bytea not null,
  primary key (guild, channel, outage));
create index told_fades on told (fades);

create table subscription (
  guild bigint, channel bigint, retry timestamptz, body bytea not null, primary key (guild, channel));

create table aside (
  guild bigint, channel bigint, fades timestamptz not null, body bytea not null, primary key (guild, channel));
create index aside_fades on aside (fades);

create table waiting (
  outage text collate "C", channel bigint, person bigint, guild bigint, fades timestamptz not null, body bytea not null,
  primary key (outage, channel, person));
create index waiting_fades on waiting (fades);
create index waiting_of_guild on waiting (guild) where guild is not null;

create table report (
  outage text collate "C", person bytea, at timestamptz not null, fades timestamptz not null, body bytea not null,
  primary key (outage, person));
create index report_fades on report (fades);

create table reported (outage text collate "C" primary key, body bytea not null);
create table board (guild bigint primary key, body bytea not null);
create table votes (entry text collate "C" primary key, body bytea not null);
create table question (
  hash bytea primary key, asked bigint not null, fades timestamptz not null, body bytea not null);
create index question_fades on question (fades);

create table interaction (id bigint primary key, fades timestamptz not null, body bytea not null);
create index interaction_fades on interaction (fades);

create table kept (name text collate "C" primary key, body bytea not null);

create table tally (
  service text collate "C", span smallint, begins timestamptz, fades timestamptz not null, body bytea not null,
  primary key (service, span, begins));
create index tally_fades on tally (fades);

create table erasing (guild bigint primary key, body bytea not null);
