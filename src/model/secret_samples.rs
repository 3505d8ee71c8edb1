//! What each rule of `secrets.rs` finds, and what looks like it and stays.

use proptest::prelude::*;
use regex::RegexBuilder;

use super::redact::{holds_token, redact};
use super::secrets::{RULES, Rule, Searched, UNNAMED};

/// Under each kind: `+` finds what stands in `⟦⟧`, `-` finds nothing. `␤` is a line's end. No sample is a
/// secret, nor looks like one to who scans this file: `{A36}` is filled with 36 letters and digits, `{h40}`
/// with hexadecimal digits, `{d9}` with digits, `{B86}` with base64, `{U16}` with capitals and digits, and
/// `{}` with nothing.
const SAMPLES: &str = r#"
private key
+ a ⟦-----BEGIN OPENSSH PRIVATE{} KEY-----␤{B64}␤{B20}==␤-----END OPENSSH PRIVATE KEY-----⟧␤b
+ KEY=⟦-----BEGIN EC PRIVATE{} KEY-----\n{B64}\n-----END EC PRIVATE KEY-----⟧\n
+ ⟦-----BEGIN PGP PRIVATE{} KEY BLOCK-----␤␤{B64}⟧
- -----BEGIN PUBLIC KEY-----␤{B64}␤-----END PUBLIC KEY-----
- add a private key page
age secret key
+ ⟦AGE-SECRET{}-KEY-1{U58}⟧
- AGE-SECRET{}-KEY-1 is how they start
minisign secret key
+ ⟦RWRTY{}0Iy{B180}==⟧
- RWRTY{}0Iy is how they start
AWS access key
+ use ⟦AKIA{}{U16}⟧ now
+ ⟦ASIA{}{U16}⟧
- AKIA{}FOO, akia{}{h16}, xASIA{}{U16}, AKIA{}{U18}
AWS secret key
+ the AWS secret access key is: ⟦{A30}/{A9}⟧
+ aws access key => ⟦{A20}+{A19}⟧␤
- aws access to {h40}
AWS session token
+ it is ⟦IQoJb3JpZ2lu{}{B200}==⟧
- IQoJb3JpZ2lu{} is how they start
GitHub token
+ ⟦ghp_{}{A36}⟧ and ⟦gho_{}{A36}⟧, ⟦ghu_{}{A36}⟧, ⟦ghs_{}{A36}⟧, ⟦ghr_{}{A76}⟧
+ ⟦github_pat_{}{A22}_{A59}⟧
+ ⟦ghs_{}{d7}_{A36}.{A80}.{A43}⟧
- ghp_{A12} is too short, and github_pat_ is a start
GitLab token
+ ⟦glpat-{}{A20}⟧, ⟦glrt-{}{A20}⟧, ⟦gldt-{}{A20}⟧, ⟦glptt-{}{h40}⟧, ⟦glcbt-{}1_{A20}⟧
+ ⟦glpat-{}{A27}.01.{h9}⟧
+ ⟦GR1348941{}{A20}⟧
- glft-is-no-token-and-has-no-digits
Bitbucket token
+ ⟦ATBB{}{A32}⟧
- ATBB is how they start
Atlassian token
+ ⟦ATATT3xFfGF0{}{A150}={h8}⟧
- ATATT3xFfGF0{} is how they start
Slack token
+ ⟦xoxb-{}{d11}-{d12}-{A24}⟧, ⟦xoxp-{}{d11}-{h32}⟧, ⟦xoxe.xoxp-{}1-{A100}⟧, ⟦xapp-{}1-{U11}-{d12}-{h64}⟧
- xoxb-your-token-here
Slack webhook
+ https://hooks.slack.com/services/⟦T{U8}/B{U8}/{A24}⟧
- https://hooks.slack.com/services/
Discord webhook
+ https://discord.com/api/webhooks/⟦{d18}/{A68}⟧
- https://discord.com/api/webhooks/ID/TOKEN
Discord token
+ discord ⟦M{A23}.{A6}.{A38}⟧
- the discord API at Module.handler.call
Telegram bot token
+ https://api.telegram.org/bot ⟦{d10}:AA{}{A33}⟧
- at 12:30:aa
Stripe key
+ ⟦sk_live_{}{A24}⟧, ⟦rk_test_{}{A24}⟧, ⟦whsec_{}{A32}⟧
- pk_live_{} is public, and disk_test_suite_of_this_long_name no key
Square token
+ ⟦EAAA{}{A60}⟧, ⟦sq0atp-{}{A22}⟧, ⟦sq0csp-{}{A43}⟧
- sq0idp-{A22} is public
Shopify token
+ ⟦shpat_{}{h32}⟧, ⟦shpss_{}{h32}⟧
- shpat_{h12}
Anthropic key
+ ⟦sk-ant-{}api03-{A93}AA⟧
- sk-ant-{}
OpenAI key
+ ⟦sk-proj-{}{A74}-{A70}⟧ or ⟦sk-svcacct-{}{A48}⟧
- sk-proj-the-name-of-some-project
API key
+ ⟦sk-{}{A48}⟧, ⟦sk-or-v1-{}{h64}⟧
- sk-learn, task-force, sk-rename-all-the-modules-of-2026-now, sk-antidisestablishmentarianism
Groq key
+ ⟦gsk_{}{A52}⟧
- gsk_{}
xAI key
+ ⟦xai-{}{A80}⟧
- xai-explainable
Perplexity key
+ ⟦pplx-{}{A48}⟧
- pplx-small
Replicate token
+ ⟦r8_{}{A37}⟧
- r8_{}
Hugging Face token
+ ⟦hf_{}{A34}⟧, ⟦api_org_{}{A34}⟧
- hf_hub_download
Google API key
+ ⟦AIza{}{A35}⟧
- AIza{}
Google OAuth secret
+ ⟦GOCSPX-{}{A28}⟧, ⟦ya29.{}{A100}⟧, ⟦1//0{}{A60}⟧
- 1//0 is a start
Azure client secret
+ ⟦{A3}8Q~{}{A34}⟧
- a8Q~b
Azure key
+ ⟦{B76}+ASt{}{A6}==⟧
+ ⟦{A42}AzCa{}{A8}⟧
- the AzCa{} suffix
Azure SAS signature
+ https://x.blob.core.windows.net/c?sv=2024&sig=⟦{A43}%3D⟧&se=2
- &sig=none
npm token
+ ⟦npm_{}{A36}⟧
- npm_config_registry
PyPI token
+ ⟦pypi-AgEIcHlwaS5vcmc{}{A150}⟧
- pypi-agent
crates.io token
+ ⟦cio{}{A32}⟧
- precious
RubyGems key
+ ⟦rubygems_{}{h48}⟧
- rubygems_version
NuGet key
+ ⟦oy2{}{l43}⟧
- oy2
Docker Hub token
+ ⟦dckr_pat_{}{A27}⟧, ⟦dckr_oat_{}{A32}⟧
- dckr_pat_{}
DigitalOcean token
+ ⟦dop_v1_{}{h64}⟧, ⟦doo_v1_{}{h64}⟧
- api_v1_users
Heroku key
+ ⟦HRKU-{}{h8}-{h4}-{h4}-{h4}-{h12}⟧, ⟦HRKU-AA{}{A58}⟧
- HRKU-{}
Vercel token
+ ⟦vcp_{}{A56}⟧, ⟦vck_{}{A56}⟧, ⟦vercel_blob_rw_{}{A16}_{A30}⟧
- vcr_cassette_of_the_first_request
Netlify token
+ ⟦nfp_{}{A40}⟧
- nfp_{}
Cloudflare token
+ ⟦cfut_{}{A48}⟧, ⟦cfat_{}{A48}⟧, ⟦cfk_{}{A48}⟧, ⟦v1.0-{}{h24}-{h146}⟧
- v1.0-rc1, cfk_{}
Fly.io token
+ ⟦fm2_{}{B120}⟧, ⟦fo1_{}{A43}⟧
- fm1_radio
Supabase key
+ ⟦sbp_{}{h40}⟧, ⟦sb_secret_{}{A31}⟧
- sb_publishable_ is public
PlanetScale token
+ ⟦pscale_tkn_{}{A43}⟧, ⟦pscale_pw_{}{A43}⟧
- pscale_tkn_{}
Databricks token
+ ⟦dapi{}{h32}-2⟧
- dapi{h12}
Vault token
+ ⟦hvs.{}{A90}⟧, ⟦hvb.{}{A130}⟧
- hvs.{}
Terraform token
+ ⟦{A14}.atlasv1.{}{A67}⟧
- x.atlasv1.y
Pulumi token
+ ⟦pul-{}{h40}⟧
- pul-{h12}
Doppler token
+ ⟦dp.pt.{}{A43}⟧, ⟦dp.st.dev.{}{A43}⟧
- dp.pt.{}
1Password token
+ ⟦ops_eyJ{}{A300}⟧
- ops_eyes
Tailscale key
+ ⟦tskey-auth-{}{A17}-{A32}⟧
- tskey-auth-{}
Twilio key
+ ⟦SK{}{h32}⟧
- SK{h12}, sk{h32}
SendGrid key
+ ⟦SG.{}{A22}.{A43}⟧
- SG.name.of
Mailgun key
+ ⟦key-{}{h32}⟧, mailgun ⟦{h32}-{h8}-{h8}⟧
- key-{h12}
Mailchimp key
+ ⟦{h32}-us{}21⟧
- {h12}-us21
Linear key
+ ⟦lin_api_{}{A40}⟧, ⟦lin_oauth_{}{h64}⟧
- lin_api_{}
Notion token
+ ⟦ntn_{}{A46}⟧, ⟦secret_{}{A43}⟧
- secret_of_the_universe
Figma token
+ ⟦figd_{}{A40}⟧
- fig_leaf
Postman key
+ ⟦PMAK-{}{h24}-{h34}⟧
- PMAK-{}
Airtable token
+ ⟦pat{}{A14}.{h64}⟧
- path.to.x
Dropbox token
+ ⟦sl.{}{A140}⟧
- sl.example
Datadog key
+ DD_API_KEY: ⟦{h32}⟧, datadog app key=⟦{h40}⟧
- the datadog key page
New Relic key
+ ⟦NRAK-{}{U27}⟧, ⟦NRII-{}{A32}⟧, ⟦{h36}NRAL{}⟧
- NRAK-{}
Grafana token
+ ⟦glsa_{}{A32}_{h8}⟧, ⟦glc_{}{B120}⟧, ⟦eyJrIjoi{}{A80}⟧
- glc_{}
Sentry token
+ ⟦sntrys_{}{B120}⟧, ⟦sntryu_{}{h64}⟧
- sntryu_{}
CircleCI token
+ ⟦CCIPAT_{}{A22}_{h40}⟧
- CCIPAT_{}
Buildkite token
+ ⟦bkua_{}{h40}⟧
- bkua_{}
JSON web token
+ ⟦eyJ{}{A30}.eyJ{A60}.{A43}⟧ and ⟦eyJ{}{A30}.eyJ{A60}.⟧
- eyJ{A30}
password
+ clone https://me:⟦hunter22⟧@host/x and postgres://u:⟦p%40ss⟧@db:5432/x, redis://:⟦pw⟧@h
+ machine api.example.com login me password ⟦hunter22⟧
+ machine x␤  login me␤  password ⟦Correct-Horse⟧
+ Server=db;Uid=sa;Pwd=⟦hunter22⟧;Encrypt=yes
+ curl -s -u me:⟦hunter22⟧ https://host, curl --user me:⟦hunter22⟧ x
- see https://host:8080/a@b and git@github.com:a/b.git
- machine learning login page password reset
- cd "$PWD"; pwd; docker run -u 1000:1000 x; curl -u me https://host
secret
+ <password>⟦hunter22⟧</password> and <server.token> ⟦abcd1234⟧ </server.token>
+ {"auths":{"x":{"auth":"⟦bWU6{}aHVudGVyMjI=⟧"}}}
+ Cookie: PHPSESSID=⟦{A32}⟧; session=⟦{A40}⟧
+ the token for deploys is ⟦{A40}⟧, and the api key ⟦{A32}⟧
+ DB_PASSWORD=⟦hunter⟧ npm_config__auth=⟦bWU6{}aHVudGVyMjI=⟧ --api-key ⟦abc123def⟧ X-Auth-Token: ⟦abc123def⟧
+ Server=db;User Id=sa;Password=⟦hunter22⟧;AccountKey=⟦{B86}==⟧;
- <password> is an element, <token/> another
- session=01KAG4E1000000000000000001 auth={h40} sid=0b4a1d3e-9a52-4c0e-8d5f-2f1f0a4f6a3b
- the token parser ParseOauth2TokenFromHeader, and key src/Model2/SecretParser
bearer token
+ Authorization: Bearer ⟦{A40}⟧ and "Authorization": "Basic ⟦bWU6{}aHVudGVyMjI=⟧"
+ authorization: token ⟦{h40}⟧
- add bearer authentication-middleware, authorization: basic understanding
"#;

/// What nobody's secret is, wherever it stands.
const HARMLESS: &str = "
reset a forgotten password by mail
add an API key page
task-force skeleton
token: a parser
token: parser for numbers, and password: change the form
the secret: rotate it often
add a --token option, and --password, too
count tokens: 123456 at most
keyboard shortcuts: ctrl+s
bypass=enabled for tests, authorization: basic understanding
add password reset; hash passwords with argon2id, and rotate tokens every 30 days
the key of 4b825dc642cb6eb9a060e54bf8d69288fbee4904 is 01KAG4E1000000000000000001
token cache of sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
integrity sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==
starter/secret-scan/skill/secret-scan and market/auth/agent/token-issuer: passed
tokens 123, 456 and key-value stores; sk-learn; asian markets; sign in with a passkey
secret-scan-0996aeb5532b on learning/20261120T080000-aaaa
error[E0308]: mismatched types: expected `Token`, found `TokenStream2`
PWD=/home/me/project cargo test --test cli -- secret::tests::it_works
uuid 0b4a1d3e-9a52-4c0e-8d5f-2f1f0a4f6a3b, key 3 of 12, password policy: at least 12 characters
";

fn filled(sample: &str) -> String {
    let (mut text, mut rest, mut seed) = (String::new(), sample, 7_u64);
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((hole, behind)) = after.split_once('}') else { break };
        let alphabet = match hole.chars().next() {
            None => "",
            Some('A') => "q7Kz1Xb4Tf9Lw2Rc8Vd3Ng6Hs5Mj0Py",
            Some('B') => "q7Kz/1Xb4Tf9L+w2Rc8Vd3Ng6Hs5Mj0",
            Some('U') => "Q7KZ2XB4TF9LWRC8VD3NG6HS5MJPY",
            Some('l') => "q7kz1xb4tf9lw2rc8vd3ng6hs5mj0py",
            Some('h') => "0a7c1e94f3b82d65",
            Some('d') => "1592604837",
            // A brace of JSON.
            Some(_) => {
                text.push('{');
                rest = after;
                continue;
            }
        };
        for _ in 0..hole.get(1..).and_then(|number| number.parse().ok()).unwrap_or(0) {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = usize::try_from(seed >> 33).expect("31 bits") % alphabet.len();
            text.push_str(&alphabet[at..=at]);
        }
        rest = behind;
    }
    (text + rest).replace('␤', "\n")
}

/// Kind, whether it finds something, and the filled sample.
fn samples() -> Vec<(&'static str, bool, String)> {
    let (mut kind, mut all) = ("", Vec::new());
    for line in SAMPLES.lines().filter(|line| !line.is_empty()) {
        match line.split_at_checked(2) {
            Some(("+ ", sample)) => all.push((kind, true, filled(sample))),
            Some(("- ", sample)) => all.push((kind, false, filled(sample))),
            _ => kind = line,
        }
    }
    all
}

/// The sample as it is, and with the mark of `kind` for each part in `⟦⟧`.
fn both(sample: &str, kind: &str) -> (String, String) {
    let (mut redacted, mut rest) = (String::new(), sample);
    while let Some((before, after)) = rest.split_once('⟦') {
        let (_, behind) = after.split_once('⟧').expect("a closing bracket");
        redacted.push_str(&format!("{before}[redacted {kind}]"));
        rest = behind;
    }
    (sample.replace(['⟦', '⟧'], ""), redacted + rest)
}

fn finds(rule: &Rule, text: &str) -> bool {
    let regex = RegexBuilder::new(rule.expression).unicode(false).build().expect("it compiles");
    rule.may_be_in(&Searched::new(text))
        && regex.captures_iter(text).any(|found| {
            let secret = found.name("secret").unwrap_or(found.get_match());
            rule.holds(secret.as_str())
        })
}

#[test]
fn every_sample_is_redacted_as_what_it_is_or_left_as_it_is() {
    for (kind, is_found, sample) in samples() {
        let (text, redacted) = both(&sample, kind);
        assert_eq!(redact(&text), if is_found { redacted } else { text.clone() }, "{kind}: {text}");
    }
}

#[test]
fn every_rule_has_samples_of_both_kinds_and_a_source() {
    let samples = samples();
    for rule in RULES {
        let of_kind = || samples.iter().filter(|(kind, ..)| *kind == rule.kind);
        let found = of_kind().any(|(_, is_found, text)| *is_found && finds(rule, &both(text, "").0));
        assert!(found, "no sample is found by this rule of {}: {}", rule.kind, rule.expression);
        assert!(of_kind().any(|(_, is_found, _)| !is_found), "no sample of {} is left alone", rule.kind);
        assert!(rule.source.starts_with("https://"), "{}", rule.kind);
    }
    assert!(RULES.iter().any(|rule| rule.kind == UNNAMED));
    for (kind, ..) in &samples {
        assert!(RULES.iter().any(|rule| rule.kind == *kind), "no rule is called {kind}");
    }
}

#[test]
fn what_nobody_took_for_a_secret_stays() {
    for text in HARMLESS.lines() {
        assert_eq!(redact(text), text);
    }
}

#[test]
fn what_is_no_ascii_is_neither_split_nor_lost() {
    for (kind, is_found, sample) in samples() {
        let (text, redacted) = both(&format!("→é {sample} é→"), kind);
        let open = kind == "private key" && !text.contains("-----END");
        if is_found && !open {
            assert_eq!(redact(&text), redacted, "{kind}: {text}");
        }
    }
}

/// Anything, with a liking for what rules look for.
fn texts() -> impl Strategy<Value = String> {
    let mut words: Vec<String> =
        samples().into_iter().map(|(kind, _, sample)| both(&sample, kind).0).collect();
    words.extend(RULES.iter().flat_map(|rule| rule.marks).map(|mark| mark.text.to_owned()));
    let glue = [
        "password=",
        "token: ",
        "--token ",
        "\"",
        "\\\"",
        "'",
        " ",
        "\n",
        "[redacted ",
        "[redacted secret]",
        "] ",
        "://a:",
        "@h ",
    ];
    words.extend(glue.map(str::to_owned));
    let part = prop_oneof![proptest::sample::select(words), any::<String>(), "[A-Za-z0-9_.:/=+-]{0,40}"];
    proptest::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_mark_is_found_wherever_it_is(text in texts()) {
        let searched = Searched::new(&text);
        let lower = text.to_ascii_lowercase();
        for mark in RULES.iter().flat_map(|rule| rule.marks) {
            let has_capitals = mark.text.contains(|c: char| c.is_ascii_uppercase());
            let is_there = if has_capitals { text.contains(mark.text) } else { lower.contains(mark.text) };
            prop_assert_eq!(mark.is_in(&searched), is_there, "{} in {}", mark.text, text);
        }
    }

    #[test]
    fn what_redaction_left_holds_no_secret(text in texts()) {
        let once = redact(&text);
        prop_assert_eq!(redact(&once), once.clone());
        prop_assert!(!holds_token(&once), "{}", once);
    }
}
