//! What a value resembles: a random string, a password, a placeholder, or code that refers to one.

/// Words of prose, and what errors and examples contain where a secret could be.
const PROSE: &[&str] = &[
    "undefined",
    "null",
    "none",
    "nil",
    "true",
    "false",
    "token",
    "access_token",
    "authentication",
    "required",
    "invalid",
    "expired",
    "missing",
    "incorrect",
    "wrong",
    "string",
    "[object",
    "your_token",
    "revoked",
    "removed",
    "redacted",
    "must",
    "this",
    "should",
    "field",
    "cannot",
    "can",
    "does",
    "that",
    "the",
    "has",
    "not",
    "too",
    "from",
    "with",
    "for",
    "when",
    "will",
    "please",
    "needs",
    "need",
    "reset",
    "changed",
    "change",
    "failed",
    "failure",
    "error",
    "empty",
    "hidden",
    "password",
    "passwd",
    "secret",
    "pass",
    "unknown",
    "example",
    "optional",
    "denied",
    "rejected",
    "accepted",
    "mismatch",
    "and",
    "was",
    "are",
    "is",
    "or",
    "protected",
    "manager",
    "login",
    "grant",
    "auth",
    "user",
    "unset",
    "supported",
    "bearer",
    "basic",
    "here",
    "there",
    "weak",
    "short",
    "long",
    "given",
    "provided",
    "disabled",
    "enabled",
    "successfully",
    "str",
    "bytes",
    "number",
    "bool",
    "some",
    "filtered",
    "masked",
    "censored",
    "omitted",
    "only",
    "value",
    "values",
    "text",
    "prompt",
    "policy",
    // What code has behind a key and a colon.
    "raise",
    "return",
    "throw",
    "continue",
    "break",
    "await",
    "print",
    "function",
    "lambda",
    "self",
    "async",
    "const",
    "input",
    "getpass",
];

/// A word of prose or a placeholder: "Bearer authentication", `Bearer undefined`, `sk-xxxxxxxx`.
pub(super) fn is_placeholder(it: &str) -> bool {
    let it = it.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let same = it.bytes().all(|byte| matches!(byte, b'x' | b'*' | b'.' | b'-' | b'_'));
    let reported = ["your", "my_", "my-", "insert", "replace", "<"].iter().any(|head| it.starts_with(head))
        && !it.bytes().any(|byte| byte.is_ascii_digit());
    it.is_empty() || same || reported || PROSE.contains(&it.as_str())
}

/// Letters with digits, or capitals inside: no word of prose.
pub(super) fn is_mixed(it: &str) -> bool {
    let has = |is: fn(u8) -> bool| it.bytes().any(is);
    let capitals =
        it.bytes().skip(1).any(|byte| byte.is_ascii_uppercase()) && has(|byte| byte.is_ascii_lowercase());
    let letters = has(|byte| byte.is_ascii_alphabetic());
    let distinct = it.bytes().take(40).fold(0_u128, |set, byte| set | 1 << (byte & 127)).count_ones();
    letters && (has(|byte| byte.is_ascii_digit()) || capitals) && distinct >= 5
}

/// Random enough for a token: letters with a digit, or capitals in the middle, or longer than any word.
pub(super) fn is_random(it: &str) -> bool {
    let digit = it.bytes().any(|byte| byte.is_ascii_digit());
    let numeric = it.bytes().all(|byte| byte.is_ascii_digit() || b".-:/+".contains(&byte));
    let capital = it.bytes().skip(1).any(|byte| byte.is_ascii_uppercase())
        && it.bytes().any(|byte| byte.is_ascii_lowercase());
    let long = it.len() >= 32;
    !is_placeholder(it)
        && (!numeric || it.len() >= 24)
        && (digit || (capital && it.len() >= 16) || long)
        && !it.starts_with("http")
}

/// Long words without a sentence's spaces, with punctuation between: what generators of salts make.
pub(super) fn is_dense(it: &str) -> bool {
    let spaces = it.bytes().filter(|byte| *byte == b' ').count();
    let marks = it.bytes().filter(u8::is_ascii_punctuation).count();
    it.len() >= 32 && spaces * 12 <= it.len() && marks >= 1 && is_mixed(it)
}

/// A password may be any word except those that errors say about passwords.
pub(super) fn is_password(it: &str) -> bool {
    !is_placeholder(it)
}

/// Returns whether this is code or a template that refers to a secret: `${TOKEN}`, `process.env.X`, `config.token`, `<token>`.
pub(super) fn is_reference(it: &str, quoted: bool) -> bool {
    let upper = |name: &str| {
        name.len() >= 3
            && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_' || byte.is_ascii_digit())
    };
    let template = [
        "${",
        "$(",
        "{{",
        "%(",
        "<",
        "[redacted",
        "[REDACTED",
        "[FILTERED",
        "[removed",
        "[object",
        "***",
        "{%",
        "#{",
        "!secret",
        "!env",
        "ENC[",
    ]
    .iter()
    .any(|head| it.starts_with(head))
        || it
            .strip_prefix('$')
            .is_some_and(|name| upper(name.trim_end_matches(|c: char| !c.is_ascii_alphanumeric())))
        || it.contains(" removed]")
        || it.strip_prefix('%').and_then(|name| name.strip_suffix('%')).is_some_and(upper);
    let variable = [
        "process.env",
        "os.environ",
        "os.getenv",
        "getenv(",
        "secrets.",
        "vault:",
        "vault.",
        "var.",
        "env.",
        "env(",
        "ENV[",
        "ssm:",
        "arn:aws",
        "/run/secrets",
        "/etc/",
        "op://",
        "file:",
        "config(",
        "settings.",
    ]
    .iter()
    .any(|head| it.contains(head) && (it.starts_with(head) || head.len() >= 10));
    if quoted {
        return template || variable;
    }
    // `self.token`, `response.data.token2`.
    let parts = it.split(['.', '(', '[', ')', ']', ';', ',']).filter(|part| !part.is_empty());
    let name = |part: &str| {
        part.len() <= 24
            && part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            // `token2` is a name, `l5rj6t1l` is none.
            && part.trim_end_matches(|c: char| c.is_ascii_digit()).bytes().all(|byte| !byte.is_ascii_digit())
    };
    let small =
        |head: &str| !head.is_empty() && head.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let code = it.contains('.')
        && it.len() < 60
        && parts.clone().count() > 1
        && parts.clone().all(name)
        && it.split('.').next().is_some_and(small);
    let call = it.find('(').is_some_and(|at| {
        at > 0 && it[..at].bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_' || byte == b'.')
    });
    template || variable || code || call || it.starts_with(['{', '<'])
}
