-- A subscription that is set aside because the bot left its server is told apart from one whose channel is gone: what the bot
-- finds itself in again is restored, also where nobody told it that it was invited back. A copy of the version before leaves
-- the mark out.
alter table aside add column was_left boolean not null default false;
