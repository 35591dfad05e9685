-- Distinguishes a subscription that was soft-deleted because the bot left its guild from one whose channel is gone. If
-- the bot finds itself in the guild again, it is restored, even if no event reported the invitation. An instance of the
-- previous version leaves the mark out.
alter table aside add column was_left boolean not null default false;
