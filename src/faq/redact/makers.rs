//! Secrets with a maker's mark: a prefix, then random characters. One table.
//!
//! The forms are those that the makers document or that public secret scanners list.

use super::runs::Set;

/// A maker of keys and tokens, as an index into `MAKERS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Maker(u8);

impl Maker {
    pub(super) fn at(place: usize) -> Option<Self> {
        (place < MAKERS.len()).then(|| u8::try_from(place).ok().map(Self)).flatten()
    }

    pub(super) fn place(self) -> usize {
        usize::from(self.0)
    }

    /// The maker's name.
    pub fn name(self) -> &'static str {
        MAKERS[self.place()].name
    }

    /// The page on which its keys are revoked.
    pub fn revoke(self) -> &'static str {
        MAKERS[self.place()].revoke
    }

    /// Every maker.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..MAKERS.len()).filter_map(Self::at)
    }

    /// The marks of its secrets.
    pub fn prefixes(self) -> impl Iterator<Item = &'static str> {
        MAKERS[self.place()].marks.iter().map(|mark| mark.prefix)
    }
}

/// A maker's name, the page on which its keys are revoked, and the marks of its secrets.
pub(super) struct MakerRow {
    name: &'static str,
    revoke: &'static str,
    pub(super) marks: &'static [TokenPattern],
}

/// A prefix, the characters after it, and how many there are.
pub(super) struct TokenPattern {
    pub(super) prefix: &'static str,
    pub(super) set: Set,
    pub(super) least: usize,
    /// The most characters; 0 if there is no limit.
    pub(super) most: usize,
}

const fn from(prefix: &'static str, set: Set, least: usize) -> TokenPattern {
    TokenPattern { prefix, set, least, most: 0 }
}

/// Exactly this many characters: for prefixes so short that random text contains them.
const fn exactly(prefix: &'static str, set: Set, count: usize) -> TokenPattern {
    TokenPattern { prefix, set, least: count, most: count }
}

const fn between(prefix: &'static str, set: Set, least: usize, most: usize) -> TokenPattern {
    TokenPattern { prefix, set, least, most }
}

const fn row(name: &'static str, revoke: &'static str, marks: &'static [TokenPattern]) -> MakerRow {
    MakerRow { name, revoke, marks }
}

use Set::{Colon, Dotted, Hex, Path, Plain, Query, Token, Upper, Word};

#[rustfmt::skip]
pub(super) const MAKERS: &[MakerRow] = &[
    row("Amazon Web Services", "https://console.aws.amazon.com/iam/home#/security_credentials",
        &[exactly("AKIA", Upper, 16), exactly("ASIA", Upper, 16), exactly("ABIA", Upper, 16), exactly("ACCA", Upper, 16),
          from("ABSK", Token, 100), from("IQoJb3JpZ2lu", Token, 100), from("FwoGZXIvYXdz", Token, 100), from("FQoGZXIvYXdz", Token, 100)]),
    row("Google Cloud", "https://console.cloud.google.com/apis/credentials",
        &[exactly("AIza", Word, 35), from("GOCSPX-", Word, 20), from("ya29.", Token, 20), from("1//0", Word, 30),
          from("AQ.Ab", Word, 30)]),
    row("Azure", "https://portal.azure.com/",
        &[from("AccountKey=", Token, 40), from("SharedAccessKey=", Token, 30), from("SharedAccessSignature=", Token, 20)]),
    row("Slack", "https://api.slack.com/apps",
        &[from("xoxb-", Word, 10), from("xoxp-", Word, 10), from("xoxa-", Word, 10), from("xoxr-", Word, 10), from("xoxs-", Word, 10),
          from("xoxc-", Word, 10), from("xoxd-", Token, 10), from("xoxe-", Word, 10), from("xoxe.", Token, 10), from("xapp-", Word, 10),
          from("xoxo-", Word, 10), from("xwfp-", Word, 10), from("hooks.slack.com/services/", Path, 20), from("hooks.slack.com/workflows/", Path, 20),
          from("hooks.slack.com/triggers/", Path, 20)]),
    row("GitHub", "https://github.com/settings/tokens",
        &[from("ghp_", Plain, 16), from("gho_", Plain, 16), from("ghu_", Plain, 16), from("ghs_", Token, 16), from("ghr_", Plain, 16),
          from("github_pat_", Word, 16)]),
    row("GitLab", "https://gitlab.com/-/user_settings/personal_access_tokens",
        &[from("glpat-", Token, 16), from("gldt-", Token, 16), from("glrt-", Token, 16), from("glcbt-", Token, 16), from("glptt-", Token, 16),
          from("gloas-", Token, 16), from("glsoat-", Token, 16), from("glagent-", Token, 16), from("glimt-", Token, 16),
          from("glft-", Token, 16), from("glffct-", Token, 16), from("GR1348941", Word, 16)]),
    row("Stripe", "https://dashboard.stripe.com/apikeys",
        &[from("sk_live_", Plain, 10), from("sk_test_", Plain, 10), from("rk_live_", Plain, 10), from("rk_test_", Plain, 10),
          from("sk_prod_", Plain, 10), from("rk_prod_", Plain, 10), from("sk_org_", Word, 16), from("whsec_", Token, 16)]),
    row("Anthropic", "https://console.anthropic.com/settings/keys", &[from("sk-ant-", Word, 16)]),
    row("OpenRouter", "https://openrouter.ai/settings/keys", &[from("sk-or-", Word, 16)]),
    row("OpenAI", "https://platform.openai.com/api-keys",
        &[from("sk-proj-", Word, 16), from("sk-svcacct-", Word, 16), from("sk-admin-", Word, 16), from("sk-None-", Word, 16),
          from("sk-", Word, 32)]),
    row("Telegram", "https://t.me/BotFather", &[from("api.telegram.org/bot", Colon, 30)]),
    row("npm", "https://www.npmjs.com/settings/~/tokens", &[from("npm_", Plain, 20)]),
    row("PyPI", "https://pypi.org/manage/account/token/", &[from("pypi-AgE", Word, 16)]),
    row("SendGrid", "https://app.sendgrid.com/settings/api_keys", &[from("SG.", Token, 30)]),
    row("Hugging Face", "https://huggingface.co/settings/tokens", &[from("hf_", Plain, 20), from("api_org_", Plain, 20)]),
    row("Twilio", "https://console.twilio.com/", &[exactly("SK", Hex, 32)]),
    row("DigitalOcean", "https://cloud.digitalocean.com/account/api/tokens",
        &[from("dop_v1_", Plain, 32), from("doo_v1_", Plain, 32), from("dor_v1_", Plain, 32)]),
    row("Shopify", "https://admin.shopify.com/",
        &[from("shpat_", Plain, 20), from("shpca_", Plain, 20), from("shppa_", Plain, 20), from("shpss_", Plain, 20)]),
    row("Mailgun", "https://app.mailgun.com/settings/api_security", &[from("key-", Hex, 32)]),
    row("Mailchimp", "https://admin.mailchimp.com/account/api/", &[from("md-", Plain, 20)]),
    row("Brevo", "https://app.brevo.com/settings/keys/api", &[from("xkeysib-", Word, 30), from("xsmtpsib-", Word, 30)]),
    row("Heroku", "https://dashboard.heroku.com/account", &[from("HRKU-", Word, 30)]),
    row("Databricks", "https://accounts.cloud.databricks.com/", &[from("dapi", Hex, 32), from("dose", Hex, 32)]),
    row("Notion", "https://www.notion.so/my-integrations", &[from("ntn_", Plain, 30), from("secret_", Plain, 40)]),
    row("Linear", "https://linear.app/settings/account/security", &[from("lin_api_", Plain, 20), from("lin_oauth_", Plain, 20), from("lin_wh_", Plain, 20)]),
    row("Cloudflare", "https://dash.cloudflare.com/profile/api-tokens",
        &[from("v1.0-", Word, 60), from("cfut_", Word, 30), from("cfat_", Word, 30), from("cfk_", Word, 30)]),
    row("Atlassian", "https://id.atlassian.com/manage-profile/security/api-tokens",
        &[from("ATATT3", Token, 30), from("ATCTT3", Token, 30), from("ATBB", Plain, 24)]),
    row("Grafana", "https://grafana.com/docs/grafana/latest/administration/service-accounts/",
        &[from("glsa_", Word, 24), from("glc_", Token, 24), from("eyJrIjoi", Token, 40)]),
    row("HashiCorp", "https://developer.hashicorp.com/vault/docs/commands/token/revoke",
        &[from("hvs.", Word, 20), from("hvb.", Word, 20), from("hvr.", Word, 20)]),
    row("Doppler", "https://dashboard.doppler.com/", &[from("dp.pt.", Plain, 20), from("dp.st.", Token, 20), from("dp.ct.", Plain, 20), from("dp.sa.", Plain, 20), from("dp.scim.", Plain, 20), from("dp.audit.", Plain, 20)]),
    row("Docker", "https://app.docker.com/settings/personal-access-tokens", &[from("dckr_pat_", Word, 16), from("dckr_oat_", Word, 16), from("SWMTKN-1-", Word, 40), from("SWMKEY-1-", Token, 30)]),
    row("RubyGems", "https://rubygems.org/profile/api_keys", &[from("rubygems_", Plain, 24)]),
    row("crates.io", "https://crates.io/settings/tokens", &[from("cio", Plain, 32)]),
    row("Sentry", "https://sentry.io/settings/auth-tokens/", &[from("sntrys_", Token, 20), from("sntryu_", Plain, 20)]),
    row("Supabase", "https://supabase.com/dashboard/account/tokens", &[from("sbp_", Plain, 20), from("sb_secret_", Word, 16)]),
    row("PlanetScale", "https://app.planetscale.com/", &[from("pscale_tkn_", Token, 20), from("pscale_pw_", Token, 20), from("pscale_oauth_", Token, 20)]),
    row("Fly.io", "https://fly.io/user/personal_access_tokens", &[from("fo1_", Word, 20), from("fm1_", Token, 30), from("fm2_", Token, 30)]),
    row("Render", "https://dashboard.render.com/u/settings", &[from("rnd_", Plain, 20)]),
    row("Replicate", "https://replicate.com/account/api-tokens", &[from("r8_", Plain, 30)]),
    row("Groq", "https://console.groq.com/keys", &[from("gsk_", Plain, 30)]),
    row("xAI", "https://console.x.ai/", &[from("xai-", Word, 40)]),
    row("Perplexity", "https://www.perplexity.ai/settings/api", &[from("pplx-", Plain, 30)]),
    row("Postman", "https://web.postman.co/settings/me/api-keys", &[from("PMAK-", Word, 30), from("PMAT-", Word, 20)]),
    row("Figma", "https://www.figma.com/settings", &[from("figd_", Word, 24)]),
    row("New Relic", "https://one.newrelic.com/api-keys", &[from("NRAK-", Plain, 20), from("NRJS-", Plain, 16), from("NRII-", Word, 20), from("NRIQ-", Word, 20), from("NRRA-", Plain, 20), from("NRAA-", Plain, 20)]),
    row("Tailscale", "https://login.tailscale.com/admin/settings/keys", &[from("tskey-", Word, 16)]),
    row("Netlify", "https://app.netlify.com/user/applications", &[from("nfp_", Plain, 24), from("nfc_", Plain, 30), from("nfo_", Plain, 30), from("nfu_", Plain, 30), from("nfb_", Plain, 30)]),
    row("Sonar", "https://sonarcloud.io/account/security", &[from("sqp_", Plain, 30), from("squ_", Plain, 30), from("sqa_", Plain, 30)]),
    row("Mapbox", "https://account.mapbox.com/access-tokens", &[from("sk.eyJ", Token, 20)]),
    row("Square", "https://developer.squareup.com/apps", &[from("sq0atp-", Word, 20), from("sq0csp-", Word, 20), exactly("EAAA", Word, 60)]),
    row("Twitch", "https://dev.twitch.tv/console/apps", &[from("oauth:", Plain, 28)]),
    row("Meta", "https://developers.facebook.com/tools/accesstoken/", &[from("EAAG", Plain, 60), from("EAAC", Plain, 60), from("EAAB", Plain, 60), from("EAAD", Plain, 60), from("EAAJ", Plain, 60),
          from("EAA", Plain, 100), from("IGQV", Word, 100)]),
    row("Dropbox", "https://www.dropbox.com/developers/apps", &[from("sl.u.", Token, 40), from("sl.B", Word, 40), from("sl.", Word, 100)]),
    row("1Password", "https://my.1password.com/", &[from("ops_eyJ", Token, 30)]),
    row("Alibaba Cloud", "https://ram.console.aliyun.com/", &[exactly("LTAI", Plain, 20), exactly("LTAI", Plain, 12)]),
    row("Zapier", "https://zapier.com/app/zaps", &[from("hooks.zapier.com/hooks/catch/", Path, 10)]),
    row("IFTTT", "https://ifttt.com/maker_webhooks/settings", &[from("/with/key/", Word, 12)]),
    row("Microsoft Teams", "https://teams.microsoft.com/", &[from("webhook.office.com/webhookb2/", Path, 40), from("logic.azure.com:443/workflows/", Query, 40), from("outlook.office.com/webhook/", Path, 40)]),
    row("Airtable", "https://airtable.com/create/tokens", &[between("pat", Dotted, 79, 80)]),
    row("Vercel", "https://vercel.com/account/settings/tokens",
        &[from("vcp_", Word, 40), from("vck_", Word, 40), from("vca_", Word, 40), from("vcr_", Word, 40), from("vci_", Word, 40)]),
    row("X", "https://developer.x.com/", &[between("AAAAAAAAAAAAAAAAAAAAA", Token, 70, 130)]),
    row("Neon", "https://console.neon.tech/app/settings/api-keys", &[from("napi_", Plain, 40)]),
    row("NVIDIA", "https://build.nvidia.com/settings/api-keys", &[from("nvapi-", Word, 40)]),
    row("Pinecone", "https://app.pinecone.io/", &[from("pcsk_", Word, 40)]),
    row("Together AI", "https://api.together.ai/settings/api-keys", &[from("tgp_v1_", Word, 30)]),
    row("Cerebras", "https://cloud.cerebras.ai/", &[from("csk-", Plain, 40)]),
    row("LangSmith", "https://smith.langchain.com/settings", &[from("lsv2_pt_", Word, 30), from("lsv2_sk_", Word, 30)]),
    row("Weights & Biases", "https://wandb.ai/settings", &[from("wandb_v1_", Word, 40)]),
    row("Brave Search", "https://api-dashboard.search.brave.com/app/keys", &[exactly("BSA", Word, 28)]),
    row("PostHog", "https://app.posthog.com/settings/user-api-keys", &[from("phx_", Word, 30), from("phs_", Word, 30)]),
    row("Prefect", "https://app.prefect.cloud/my/api-keys", &[from("pnu_", Plain, 30), from("pnb_", Plain, 30)]),
    row("Pulumi", "https://app.pulumi.com/account/tokens", &[from("pul-", Hex, 40)]),
    row("Buildkite", "https://buildkite.com/user/api-access-tokens", &[from("bkua_", Plain, 30), from("bkct_", Word, 40)]),
    row("CircleCI", "https://app.circleci.com/settings/user/tokens", &[from("CCIPAT_", Word, 30), from("CCIPRJ_", Word, 30)]),
    row("Clojars", "https://clojars.org/tokens", &[from("CLOJARS_", Plain, 40)]),
    row("Contentful", "https://app.contentful.com/account/profile/cma_tokens", &[from("CFPAT-", Word, 30)]),
    row("Deno", "https://dash.deno.com/account#access-tokens", &[from("ddp_", Plain, 30), from("ddo_", Plain, 30)]),
    row("Elastic", "https://cloud.elastic.co/account/keys", &[from("essu_", Token, 40)]),
    row("Flutterwave", "https://app.flutterwave.com/dashboard/settings/apis", &[from("FLWSECK-", Word, 24), from("FLWSECK_TEST-", Word, 12)]),
    row("JFrog", "https://jfrog.com/help/r/jfrog-platform-administration-documentation/access-tokens", &[from("AKCp", Plain, 60), exactly("cmVmd", Plain, 59)]),
    row("OpenShift", "https://docs.openshift.com/", &[from("sha256~", Word, 40)]),
    row("Octopus Deploy", "https://octopus.com/docs/octopus-rest-api/how-to-create-an-api-key", &[exactly("API-", Upper, 26)]),
    row("OneSignal", "https://dashboard.onesignal.com/", &[from("os_v2_app_", Plain, 60), from("os_v2_org_", Plain, 60)]),
    row("Paddle", "https://vendors.paddle.com/authentication-v2", &[from("pdl_live_apikey_", Word, 30), from("pdl_sdbx_apikey_", Word, 30)]),
    row("EasyPost", "https://app.easypost.com/account/api-keys", &[from("EZAK", Plain, 50), from("EZTK", Plain, 50)]),
    row("Duffel", "https://app.duffel.com/", &[from("duffel_live_", Word, 30), from("duffel_test_", Word, 30)]),
    row("Dynatrace", "https://docs.dynatrace.com/docs/manage/access-control/access-tokens", &[from("dt0c01.", Dotted, 60), from("dt0s01.", Dotted, 60), from("dt0s16.", Dotted, 60)]),
    row("Typeform", "https://admin.typeform.com/user/tokens", &[from("tfp_", Token, 40)]),
    row("Sourcegraph", "https://sourcegraph.com/user/settings/tokens", &[from("sgp_", Word, 40)]),
    row("ReadMe", "https://dash.readme.com/", &[from("rdme_", Plain, 40)]),
    row("Shippo", "https://apps.goshippo.com/settings/api", &[from("shippo_live_", Hex, 40), from("shippo_test_", Hex, 40)]),
    row("Frame.io", "https://developer.frame.io/app/tokens", &[from("fio-u-", Word, 50)]),
    row("Telnyx", "https://portal.telnyx.com/#/app/api-keys", &[exactly("KEY", Word, 55)]),
    row("WakaTime", "https://wakatime.com/settings/account", &[from("waka_", Word, 30)]),
    row("ntfy", "https://ntfy.sh/account", &[exactly("tk_", Plain, 29)]),
    row("Xata", "https://app.xata.io/settings", &[from("xau_", Plain, 24)]),
    row("Razorpay", "https://dashboard.razorpay.com/app/keys", &[exactly("rzp_live_", Plain, 14), exactly("rzp_test_", Plain, 14)]),
    row("Adobe", "https://developer.adobe.com/console", &[from("p8e-", Word, 24)]),
    row("Make", "https://www.make.com/",
        &[from("hook.eu1.make.com/", Plain, 24), from("hook.eu2.make.com/", Plain, 24), from("hook.us1.make.com/", Plain, 24), from("hook.us2.make.com/", Plain, 24)]),
    row("Firebase", "https://console.firebase.google.com/", &[]),
    row("age", "https://github.com/FiloSottile/age", &[from("AGE-SECRET-KEY-1", Upper, 40)]),
];

/// A mark inside a secret, with an exact number of characters before it and a least number after it.
pub(super) struct Inner {
    pub(super) maker: &'static str,
    pub(super) infix: &'static str,
    pub(super) before: (Set, usize),
    pub(super) after: (Set, usize),
}

const fn inner(maker: &'static str, before: (Set, usize), infix: &'static str, after: (Set, usize)) -> Inner {
    Inner { maker, infix, before, after }
}

/// Secrets with a mark inside or at their end.
pub(super) const INNER: &[Inner] = &[
    inner("HashiCorp", (Plain, 14), ".atlasv1.", (Token, 50)),
    inner("New Relic", (Hex, 36), "NRAL", (Hex, 0)),
    inner("Azure", (Plain, 52), "JQQJ99", (Plain, 20)),
    inner("Azure", (Token, 76), "+ASt", (Token, 6)),
    inner("Mailchimp", (Hex, 32), "-us", (Plain, 1)),
    inner("Firebase", (Word, 11), ":APA91b", (Word, 80)),
];

#[cfg(test)]
mod tests {
    use super::{MAKERS, Maker};

    #[test]
    fn every_maker_has_a_number_and_a_revocation_page() {
        assert_eq!(Maker::all().count(), MAKERS.len());
        for maker in Maker::all() {
            assert!(maker.revoke().starts_with("https://"), "{}", maker.name());
            assert!(maker.prefixes().all(|prefix| prefix.len() >= 2), "{}", maker.name());
        }
    }
}
