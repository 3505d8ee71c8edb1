//! The shapes of secrets: one entry for each, as its issuer publishes it.
//!
//! A rule names what it finds (and so who issued it), the marks without which it is not looked for, its
//! expression, what else has to hold, and where the issuer describes the format. To add one, add an entry
//! here and what it finds and leaves alone to `secret_samples.rs`: a test asks for both.
//!
//! Expressions know ASCII only, unless they say `(?u:…)`. Where a group is named `secret`, only that group
//! is replaced.

/// One shape of a secret.
pub(super) struct Rule {
    /// What the mark calls it: its issuer, and its name there.
    pub(super) kind: &'static str,
    /// One of these has to be in the text: in any case, or as it is where it has capitals. To compile an
    /// expression takes as long as everything else that a record needs.
    pub(super) marks: &'static [Mark],
    pub(super) expression: &'static str,
    /// What tells the secret from a word of the same shape.
    proof: Proof,
    /// Where the format is described.
    #[cfg_attr(not(test), expect(dead_code, reason = "for those who maintain the table, and its test"))]
    pub(super) source: &'static str,
}

/// `kind [marks] expression proof source;`
macro_rules! rules {
    ($($kind:literal [$($mark:literal),*] $expression:literal $proof:ident $source:literal;)*) => {
        &[$(Rule {
            kind: $kind,
            marks: &[$(Mark::of($mark)),*],
            expression: $expression,
            proof: Proof::$proof,
            source: $source,
        }),*]
    };
}

/// What a value is called that only its name gives away.
pub(super) const UNNAMED: &str = "secret";

/// Every rule; earlier ones come first.
pub(super) static RULES: &[Rule] = rules! {
    "private key" ["PRIVATE KEY"]
        r"(?s-u)-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?u:.*?)(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\z)" Shape
        "https://www.rfc-editor.org/rfc/rfc7468";
    "age secret key" ["AGE-SECRET-KEY-"]
        r"AGE-SECRET-KEY-(?:PQ-)?1[A-Za-z0-9]{58,}" Shape
        "https://github.com/C2SP/C2SP/blob/main/age.md";
    "minisign secret key" ["RWRTY0Iy", "RWQAAE"]
        r"RW(?:RTY0Iy|QAAE)[A-Za-z0-9+/]{150,}={0,2}" Shape
        "https://jedisct1.github.io/minisign/#secret-key-format";
    "AWS access key" ["AKIA", "ASIA", "ABIA", "ACCA"]
        r"\b(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b" Shape
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html";
    "AWS secret key" ["aws"]
        r#"(?i)aws[a-z0-9_ .-]{0,20}(?:secret|access)[a-z0-9_ .-]{0,20}["']?[\s:=>]{1,4}["']?(?P<secret>[A-Za-z0-9/+]{40})(?:(?u:[^A-Za-z0-9/+=])|\z)"# Mixed
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html";
    "AWS session token" ["IQoJb3JpZ2lu", "FwoGZXIvYXdz", "FQoGZXIvYXdz"]
        r"(?:IQoJb3JpZ2lu|F[wQ]oGZXIvYXdz)[A-Za-z0-9+/=]{60,}" Shape
        "https://docs.aws.amazon.com/STS/latest/APIReference/API_Credentials.html";
    "GitHub token" ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"]
        r"(?:gh[pousr]_[A-Za-z0-9_]{36,}(?:\.[A-Za-z0-9_-]{8,}){0,2}|github_pat_[A-Za-z0-9_]{22,})" Shape
        "https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github";
    "GitLab token" ["glpat-", "gloas-", "gldt-", "glrt", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-", "glwt-", "glsoat-", "glffct-", "GR1348941"]
        r"\b(?:gl(?:pat|oas|dt|rtr|rt|cbt|ptt|ft|imt|agent|wt|soat|ffct)-[A-Za-z0-9_=-]{20,}(?:\.[a-z0-9]{2}\.[a-z0-9]{9})?|GR1348941[A-Za-z0-9_-]{20,})" Digit
        "https://docs.gitlab.com/security/tokens/#token-prefixes";
    "Bitbucket token" ["ATBB", "ATCTT3xFfGN0"]
        r"\b(?:ATBB[A-Za-z0-9]{24,}|ATCTT3xFfGN0[A-Za-z0-9_=-]{40,})" Mixed
        "https://support.atlassian.com/bitbucket-cloud/docs/using-app-passwords/";
    "Atlassian token" ["ATATT3xFfGF0"]
        r"ATATT3xFfGF0[A-Za-z0-9_=-]{40,}" Shape
        "https://support.atlassian.com/atlassian-account/docs/manage-api-tokens-for-your-atlassian-account/";
    "Slack token" ["xox", "xapp-"]
        r"(?:xox[abceprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,}|xapp-[0-9]-[A-Za-z0-9-]{20,})" Digit
        "https://docs.slack.dev/authentication/tokens";
    "Slack webhook" ["hooks.slack.com"]
        r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<secret>[A-Za-z0-9/_-]{20,})" Shape
        "https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks";
    "Discord webhook" ["/api/webhooks/"]
        r"discord(?:app)?\.com/api/(?:v[0-9]+/)?webhooks/(?P<secret>[0-9]{15,}/[A-Za-z0-9_-]{40,})" Shape
        "https://docs.discord.com/developers/resources/webhook";
    "Discord token" ["discord", "bot "]
        r"\b[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}" Shape
        "https://docs.discord.com/developers/reference#authentication";
    "Telegram bot token" [":AA"]
        r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}\b" Shape
        "https://core.telegram.org/bots/api#authorizing-your-bot";
    "Stripe key" ["k_live_", "k_test_", "whsec_"]
        r"(?:[sr]k_(?:live|test)_[0-9A-Za-z]{16,}|whsec_[A-Za-z0-9+/]{24,}={0,2})" Shape
        "https://docs.stripe.com/keys";
    "Square token" ["EAAA", "sq0"]
        r"\b(?:EAAA[A-Za-z0-9_-]{58,60}|sq0(?:atp|csp)-[A-Za-z0-9_-]{22,43})\b" Digit
        "https://developer.squareup.com/docs/build-basics/access-tokens";
    "Shopify token" ["shpat_", "shpca_", "shppa_", "shpss_", "shpua_", "shptka_"]
        r"\bshp(?:at|ca|pa|ss|ua|tka)_[A-Fa-f0-9]{32}\b" Shape
        "https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens";
    "Anthropic key" ["sk-ant-"]
        r"sk-ant-[A-Za-z0-9_-]{20,}" Shape
        "https://platform.claude.com/docs/en/api/overview";
    "OpenAI key" ["sk-proj-", "sk-svcacct-", "sk-admin-"]
        r"sk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,}" Digit
        "https://platform.openai.com/docs/api-reference/authentication";
    "API key" ["sk-"]
        r"\bsk-[A-Za-z0-9_-]*[A-Za-z0-9]{16}[A-Za-z0-9_-]*" Digit
        "https://openrouter.ai/docs/api-reference/authentication";
    "Groq key" ["gsk_"]
        r"\bgsk_[A-Za-z0-9]{48,}" Shape
        "https://console.groq.com/docs/quickstart";
    "xAI key" ["xai-"]
        r"\bxai-[A-Za-z0-9_-]{60,}" Shape
        "https://docs.x.ai/docs/overview";
    "Perplexity key" ["pplx-"]
        r"\bpplx-[A-Za-z0-9]{40,}" Shape
        "https://docs.perplexity.ai/getting-started/quickstart";
    "Replicate token" ["r8_"]
        r"\br8_[A-Za-z0-9]{37,}" Shape
        "https://replicate.com/docs/reference/http#authentication";
    "Hugging Face token" ["hf_", "api_org_"]
        r"\b(?:hf_|api_org_)[A-Za-z0-9]{30,}" Shape
        "https://huggingface.co/docs/hub/security-tokens";
    "Google API key" ["AIza"]
        r"AIza[0-9A-Za-z_-]{35}" Shape
        "https://cloud.google.com/docs/authentication/api-keys";
    "Google OAuth secret" ["GOCSPX-", "ya29.", "1//0"]
        r"(?:GOCSPX-[A-Za-z0-9_-]{24,}|\bya29\.[A-Za-z0-9_-]{20,}|\b1//0[A-Za-z0-9_-]{40,})" Shape
        "https://developers.google.com/identity/protocols/oauth2";
    "Azure client secret" ["Q~"]
        r"\b[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}" Shape
        "https://learn.microsoft.com/en-us/entra/identity-platform/quickstart-register-app";
    "Azure key" ["+ASt", "+ACDb", "AzCa", "+ACR", "+ASB", "+AEH", "AIoT", "ACeD"]
        r"[A-Za-z0-9+/]{30,76}(?:\+A(?:St|CDb|CR|SB|EH)|AIoT|AzCa|ACeD)[A-Za-z0-9+/]{5,8}={0,2}" Mixed
        "https://learn.microsoft.com/en-us/azure/storage/common/storage-account-keys-manage";
    "Azure SAS signature" ["sig="]
        r"(?i)[?&;]sig=(?P<secret>[A-Za-z0-9%+/]{40,}(?:%3d|=){0,2})" Shape
        "https://learn.microsoft.com/en-us/rest/api/storageservices/create-service-sas";
    "npm token" ["npm_"]
        r"npm_[A-Za-z0-9]{36,}" Shape
        "https://docs.npmjs.com/about-access-tokens";
    "PyPI token" ["pypi-Ag"]
        r"pypi-Ag[A-Za-z0-9_-]{50,}" Shape
        "https://pypi.org/help/#apitoken";
    "crates.io token" ["cio"]
        r"\bcio[A-Za-z0-9]{32}\b" Mixed
        "https://doc.rust-lang.org/cargo/reference/publishing.html";
    "RubyGems key" ["rubygems_"]
        r"\brubygems_[a-f0-9]{48}\b" Shape
        "https://guides.rubygems.org/api-key-scopes/";
    "NuGet key" ["oy2"]
        r"\boy2[a-z0-9]{43}\b" Digit
        "https://learn.microsoft.com/en-us/nuget/nuget-org/scoped-api-keys";
    "Docker Hub token" ["dckr_"]
        r"\bdckr_[po]at_[A-Za-z0-9_-]{20,}" Shape
        "https://docs.docker.com/security/access-tokens/";
    "DigitalOcean token" ["_v1_"]
        r"\bdo[oprt]_v1_[a-f0-9]{64}\b" Shape
        "https://docs.digitalocean.com/reference/api/create-personal-access-token/";
    "Heroku key" ["HRKU-"]
        r"\bHRKU-[A-Za-z0-9_-]{36,}" Shape
        "https://devcenter.heroku.com/articles/authentication";
    "Vercel token" ["vcp_", "vci_", "vca_", "vcr_", "vck_", "vercel_blob_rw_"]
        r"\b(?:vc[piark]_[A-Za-z0-9_-]{24,}|vercel_blob_rw_[A-Za-z0-9]+_[A-Za-z0-9]{20,})" Digit
        "https://vercel.com/changelog/new-token-formats-and-secret-scanning";
    "Netlify token" ["nfp_", "nfc_", "nfo_", "nfu_", "nfb_"]
        r"\bnf[pcoub]_[A-Za-z0-9]{36,}\b" Shape
        "https://docs.netlify.com/api/get-started/#authentication";
    "Cloudflare token" ["cfk_", "cfut_", "cfat_", "v1.0-"]
        r"\b(?:cf(?:k|ut|at)_[A-Za-z0-9_-]{40,}|v1\.0-[a-f0-9]{24}-[a-f0-9]{100,})" Shape
        "https://developers.cloudflare.com/fundamentals/api/get-started/token-formats/";
    "Fly.io token" ["fm1", "fm2_", "fo1_"]
        r"\b(?:fm[12][ar]?_[A-Za-z0-9+/=]{60,}|fo1_[A-Za-z0-9_-]{40,})" Shape
        "https://fly.io/docs/security/tokens/";
    "Supabase key" ["sbp_", "sb_secret_"]
        r"\b(?:sbp_(?:v0_)?[a-f0-9]{40}|sb_secret_[A-Za-z0-9_-]{20,})" Shape
        "https://supabase.com/docs/guides/api/api-keys";
    "PlanetScale token" ["pscale_"]
        r"\bpscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{32,}" Shape
        "https://planetscale.com/docs/api/reference/service-tokens";
    "Databricks token" ["dapi", "dose"]
        r"\b(?:dapi|dose)[a-f0-9]{32}(?:-[0-9])?\b" Shape
        "https://docs.databricks.com/aws/en/dev-tools/auth/pat";
    "Vault token" ["hvs.", "hvb.", "hvr."]
        r"\bhv[sbr]\.[A-Za-z0-9_-]{24,}" Shape
        "https://developer.hashicorp.com/vault/docs/concepts/tokens";
    "Terraform token" [".atlasv1."]
        r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,}" Shape
        "https://developer.hashicorp.com/terraform/cloud-docs/users-teams-organizations/api-tokens";
    "Pulumi token" ["pul-"]
        r"\bpul-[a-f0-9]{40}\b" Shape
        "https://www.pulumi.com/docs/administration/access-identity/access-tokens/";
    "Doppler token" ["dp."]
        r"\bdp\.(?:pt|st|ct|sa|scim|audit|said)\.(?:[a-z0-9_-]{1,40}\.)?[A-Za-z0-9]{40,44}\b" Shape
        "https://docs.doppler.com/reference/auth-token-formats";
    "1Password token" ["ops_ey"]
        r"\bops_ey[A-Za-z0-9_=-]{100,}" Shape
        "https://developer.1password.com/docs/service-accounts/";
    "Tailscale key" ["tskey-"]
        r"\btskey-[a-z]+-[A-Za-z0-9]{10,}(?:-[A-Za-z0-9]{16,})?" Shape
        "https://tailscale.com/kb/1085/auth-keys";
    "Twilio key" ["SK"]
        r"\bSK[0-9a-f]{32}\b" Shape
        "https://www.twilio.com/docs/iam/api-keys";
    "SendGrid key" ["SG."]
        r"\bSG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}" Shape
        "https://www.twilio.com/docs/sendgrid/ui/account-and-settings/api-keys";
    "Mailgun key" ["key-", "mailgun"]
        r"\b(?:key-[0-9a-f]{32}|[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8})\b" Shape
        "https://documentation.mailgun.com/docs/mailgun/api-reference/mg-auth";
    "Mailchimp key" ["-us1", "-us2", "-us3", "-us4", "-us5", "-us6", "-us7", "-us8", "-us9"]
        r"\b[0-9a-f]{32}-us[0-9]{1,2}\b" Shape
        "https://mailchimp.com/developer/marketing/guides/quick-start/";
    "Linear key" ["lin_api_", "lin_oauth_"]
        r"\blin_(?:api|oauth)_[A-Za-z0-9]{32,}" Shape
        "https://linear.app/developers/graphql#personal-api-keys";
    "Notion token" ["ntn_", "secret_"]
        r"\b(?:ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{43})\b" Digit
        "https://developers.notion.com/reference/authentication";
    "Figma token" ["figd_", "figo_", "figu_", "figr_", "figdh_", "figoh_", "figuh_", "figrh_"]
        r"\bfig[dour]h?_[A-Za-z0-9_-]{40,}" Shape
        "https://developers.figma.com/docs/rest-api/authentication/";
    "Postman key" ["PMAK-"]
        r"\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}\b" Shape
        "https://learning.postman.com/docs/reference/postman-api/authentication/";
    "Airtable token" ["pat"]
        r"\bpat[A-Za-z0-9]{14}\.[a-f0-9]{64}\b" Shape
        "https://airtable.com/developers/web/guides/personal-access-tokens";
    "Dropbox token" ["sl."]
        r"\bsl\.(?:u\.)?[A-Za-z0-9_-]{120,}" Shape
        "https://developers.dropbox.com/oauth-guide";
    "Datadog key" ["datadog", "dd_api", "dd_app", "dd-api", "dd-app"]
        r#"(?i)(?:datadog|dd)[_ -]?(?:api|app|application)?[_ -]?key["']?[\s:=>]{1,4}["']?(?P<secret>[0-9a-f]{32}(?:[0-9a-f]{8})?)\b"# Shape
        "https://docs.datadoghq.com/account_management/api-app-keys/";
    "New Relic key" ["NRAK-", "NRII-", "NRJS-", "NRAL"]
        r"\b(?:NRAK-[A-Z0-9]{27}|NRII-[A-Za-z0-9_-]{32}|NRJS-[a-f0-9]{19}|[A-Za-z0-9]{34,36}NRAL)" Shape
        "https://docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys/";
    "Grafana token" ["glsa_", "glc_", "eyJrIjoi"]
        r"\b(?:glsa_[A-Za-z0-9]{32}_[a-fA-F0-9]{8}|glc_[A-Za-z0-9+/]{32,}={0,2}|eyJrIjoi[A-Za-z0-9+/]{60,}={0,2})" Shape
        "https://grafana.com/docs/grafana/latest/administration/service-accounts/";
    "Sentry token" ["sntry"]
        r"\bsntry(?:s_[A-Za-z0-9+/=_-]{50,}|u_[a-f0-9]{64}|a_[a-f0-9]{64}|i_[a-f0-9]{64})" Shape
        "https://docs.sentry.io/account/auth-tokens/";
    "CircleCI token" ["CCIPAT_", "CCIPRJ_"]
        r"\bCCI(?:PAT|PRJ)_[A-Za-z0-9]{22}_[a-f0-9]{40}\b" Shape
        "https://circleci.com/docs/managing-api-tokens/";
    "Buildkite token" ["bkua_", "bkat_"]
        r"\bbk(?:ua|at)_[a-f0-9]{40}\b" Shape
        "https://buildkite.com/docs/apis/managing-api-tokens";
    "JSON web token" ["eyJ"]
        r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*" Shape
        "https://www.rfc-editor.org/rfc/rfc7519";
    "password" ["://"]
        r"(?i)[a-z][a-z0-9+.-]*://(?u:[^\s/:@]*):(?P<secret>(?u:[^\s/@]+))@" Shape
        "https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1";
    "password" ["machine ", "default "]
        r"(?i)(?:machine\s+[a-z0-9.-]+\s+|default\s+)(?:account\s+(?u:\S+)\s+)?login\s+(?u:\S+)\s+(?:account\s+(?u:\S+)\s+)?password\s+(?P<secret>(?u:\S+))" NoWord
        "https://everything.curl.dev/usingcurl/netrc.html";
    "password" ["pwd"]
        r#"(?i);\s*pwd\s*=\s*(?P<secret>(?u:[^;\s"']+))"# Shape
        "https://learn.microsoft.com/en-us/sql/connect/odbc/dsn-connection-string-attribute";
    "password" ["curl"]
        r#"\bcurl\s(?u:[^\n|]*?)(?:-u|--user)[ =]?["']?(?u:[^\s:"']+):(?P<secret>(?u:[^\s"']{3,}))"# Shape
        "https://curl.se/docs/manpage.html#-u";
    "secret" ["password>", "passwd>", "token>", "secret>", "apikey>", "passphrase>"]
        r"(?i)<[a-z:._-]*(?:password|passwd|passphrase|token|secret|apikey)>\s*(?P<secret>(?u:[^<\s]{4,}))\s*</" Shape
        "https://maven.apache.org/settings.html#Servers";
    "secret" ["auth\""]
        r#"(?i)_?auth\\*"\s*:\s*\\*"(?P<secret>[A-Za-z0-9+/_-]{12,}={0,2})"# MadeUp
        "https://docs.docker.com/reference/cli/docker/login/";
    "secret" ["session", "sessid", "sid=", "csrf", "cookie", "auth"]
        r"(?i)\b[a-z0-9_.-]{0,40}(?:session|sessid|sid|csrf|cookie|auth)[a-z0-9_-]{0,20}=(?P<secret>[A-Za-z0-9%._+/-]{16,200})" Dense
        "https://www.rfc-editor.org/rfc/rfc6265";
    "bearer token" ["bearer", "authorization"]
        r#"(?i)\b(?:bearer|authorization["']?\s*[:=]\s*["']?(?:token|basic|apikey))\s+(?P<secret>[A-Za-z0-9._~+/-]{8,}=*)"# MadeUp
        "https://www.rfc-editor.org/rfc/rfc6750";
    "secret" ["secret", "token", "key", "passw", "passphrase", "credential"]
        r#"(?i)(?:secret|token|key|password|passwd|passphrase|credential)s?["'`]?(?:[\s,]+[a-z]{1,12}){0,3}[\s:=>]{1,3}["'`(]{0,2}(?P<secret>[A-Za-z0-9+_~-]{20,200}={0,2})"# Dense
        "https://csrc.nist.gov/glossary/term/entropy";
};

impl Rule {
    /// Whether a text may hold such a secret.
    pub(super) fn may_be_in(&self, searched: &Searched<'_>) -> bool {
        self.marks.iter().any(|mark| mark.is_in(searched)) && self.proof.may_be_in(searched.text)
    }

    /// Whether what the expression found is a secret.
    pub(super) fn holds(&self, found: &str) -> bool {
        self.proof.holds(found)
    }
}

/// What a text has where it holds a secret of some shape.
pub(super) struct Mark {
    pub(super) text: &'static str,
    characters: u128,
    is_small: bool,
}

impl Mark {
    const fn of(text: &'static str) -> Self {
        let characters = characters_of(text);
        Self { text, characters, is_small: characters & characters_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 0 }
    }

    pub(super) fn is_in(&self, searched: &Searched<'_>) -> bool {
        self.characters & !searched.characters == 0
            && if self.is_small { &searched.lower } else { searched.text }.contains(self.text)
    }
}

/// A text that is searched for marks. Few texts have all characters of a mark: to look for those first
/// takes a tenth of the time.
pub(super) struct Searched<'t> {
    text: &'t str,
    /// The text in small letters.
    pub(super) lower: String,
    /// Those of both.
    characters: u128,
}

impl<'t> Searched<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let lower = text.to_ascii_lowercase();
        Self { text, characters: characters_of(text) | characters_of(&lower), lower }
    }
}

/// The ASCII characters that a text has, a bit for each.
const fn characters_of(text: &str) -> u128 {
    let (bytes, mut at, mut characters) = (text.as_bytes(), 0, 0);
    while at < bytes.len() {
        if bytes[at].is_ascii() {
            characters |= 1 << bytes[at];
        }
        at += 1;
    }
    characters
}

/// What tells a secret from a word of the same shape.
#[derive(Clone, Copy, Debug)]
enum Proof {
    /// Its shape is enough.
    Shape,
    /// It has a digit.
    Digit,
    /// It has capitals, small letters and digits, as no word, oid, ULID or UUID has.
    Mixed,
    /// Besides that every second character at least is of another kind than the one before: so are
    /// random ones, and no names, however they are written.
    Dense,
    /// It is long, and has a digit or is padded.
    MadeUp,
    /// It is not a word of a sentence about logging in.
    NoWord,
}

impl Proof {
    fn holds(self, found: &str) -> bool {
        match self {
            Self::Shape => true,
            Self::Digit => has_digit(found),
            Self::Mixed => is_mixed(found),
            Self::Dense => is_mixed(found) && is_dense(found),
            Self::MadeUp => found.len() >= 16 && (has_digit(found) || found.ends_with('=')),
            Self::NoWord => found.bytes().any(|byte| !byte.is_ascii_lowercase()),
        }
    }

    /// Whether it may hold for a part of this text.
    fn may_be_in(self, text: &str) -> bool {
        match self {
            Self::Shape | Self::NoWord => true,
            Self::Digit => has_digit(text),
            Self::Mixed | Self::Dense => is_mixed(text),
            Self::MadeUp => text.len() >= 16 && (has_digit(text) || text.contains('=')),
        }
    }
}

/// Words of a sentence have none.
pub(super) fn has_digit(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

fn is_mixed(text: &str) -> bool {
    let any = |is: fn(&u8) -> bool| text.as_bytes().iter().any(is);
    has_digit(text) && any(u8::is_ascii_uppercase) && any(u8::is_ascii_lowercase)
}

fn is_dense(text: &str) -> bool {
    let kind = |byte: u8| match byte {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        _ => 3,
    };
    let changes = text.as_bytes().windows(2).filter(|pair| kind(pair[0]) != kind(pair[1])).count();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    digits > 1 && changes * 2 >= text.len() - 1
}
