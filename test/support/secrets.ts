import fc from 'fast-check';

const letters = (from: string, least: number, most = least) =>
  fc.string({ unit: fc.constantFrom(...from), minLength: least, maxLength: most });
const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const BASE64 = `${ALPHANUMERIC}+/`;
const URL_SAFE = `${ALPHANUMERIC}-_`;
/** What passwords are made of, but for blanks and the quote that ends a text in JSON. */
const PASSWORD = `${ALPHANUMERIC}!#$%^&*()-_=+[]{};:,.<>/?|~@`;

/** A text with a secret in it, and what of it must be gone. */
export interface SecretText {
  readonly text: string;
  readonly secret: string;
}

const password = letters(PASSWORD, 8, 24).map((text) => `x9${text}`);
const plain = letters(ALPHANUMERIC, 12, 24);

/** Every kind of secret the product comes across, in a form in which others say it. */
export const secretTexts: Readonly<Record<string, fc.Arbitrary<SecretText>>> = {
  'a connection string': password.map((secret) => ({
    secret,
    text: `postgresql://postgres.abcdefghijklmnopqrst:${secret}@aws-0-ap-northeast-2.pooler.supabase.com:5432/postgres?sslmode=require`,
  })),
  'an address with a user': plain.map((secret) => ({ secret, text: `https://bot:${secret}@example.com/x` })),
  'an address with a token': plain.map((secret) => ({ secret, text: `https://${secret}@example.com/x` })),
  'a keyword of libpq': password.map((secret) => ({
    secret,
    text: `host=db.example password=${secret} dbname=x`,
  })),
  'a quoted keyword of libpq': password.map((secret) => ({
    secret,
    text: `host=db.example password = '${secret} \\' y' dbname=x`,
  })),
  'a variable': password.map((secret) => ({ secret, text: `PGPASSWORD=${secret} pg_dump` })),
  'an option': password.map((secret) => ({ secret, text: `gpg --batch --passphrase ${secret} --decrypt` })),
  'an option with an equals sign': password.map((secret) => ({
    secret,
    text: `tool --db-password=${secret} run`,
  })),
  'a member of JSON': password.map((secret) => ({
    secret,
    text: JSON.stringify({ password: secret, other: 1 }),
  })),
  'a member of JSON within JSON': password.map((secret) => ({
    secret,
    text: JSON.stringify({ body: JSON.stringify({ dbPassword: secret, b: 2 }) }),
  })),
  'a query': plain.map((secret) => ({
    secret,
    text: `GET https://x.example/v1?access_token=${secret}&page=2`,
  })),
  'a token of Supabase': letters('0123456789abcdef', 40).map((hex) => ({
    secret: `sbp_${hex}`,
    text: `sbp_${hex}`,
  })),
  'a secret key of Supabase': letters(URL_SAFE, 31).map((rest) => ({
    secret: `sb_secret_${rest}`,
    text: `key sb_secret_${rest}`,
  })),
  'a service role key': fc
    .tuple(letters(URL_SAFE, 30, 60), letters(URL_SAFE, 43))
    .map(([claims, signature]) => {
      const secret = `eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ${claims}.${signature}`;
      return { secret, text: secret };
    }),
  'an access key': letters('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16).map((rest) => ({
    secret: `AKIA${rest}`,
    text: `AKIA${rest}`,
  })),
  'a named secret access key': letters(BASE64, 40).map((secret) => ({
    secret,
    text: `aws_secret_access_key = ${secret}`,
  })),
  'a session token': letters(BASE64, 120, 300).map((rest) => ({
    secret: rest,
    text: `token IQoJb3JpZ2luX2Vj${rest}`,
  })),
  'a webhook': letters(ALPHANUMERIC, 24).map((secret) => ({
    secret,
    text: `POST https://hooks.slack.com/services/T0123ABCD/B0123ABCD/${secret}`,
  })),
  'a private key': letters(BASE64, 64, 400).map((secret) => ({
    secret,
    text: `-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n${secret}\n=abcd\n-----END PGP PRIVATE KEY BLOCK-----`,
  })),
  'half a private key': letters(BASE64, 64, 400).map((secret) => ({
    secret,
    text: `-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n${secret}`,
  })),
  'a header': plain.map((secret) => ({ secret, text: `authorization: Bearer ${secret}` })),
  'an API key in a header': plain.map((secret) => ({ secret, text: `apikey: ${secret}` })),
  'a signed header': letters('0123456789abcdef', 64).map((secret) => ({
    secret,
    text: `Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261124/x/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=${secret}`,
  })),
};

/** One text that holds a secret of every kind, for errors that repeat what they are given. */
export const EVERY_SECRET: readonly SecretText[] = Object.values(secretTexts).map(
  (texts) => fc.sample(texts, { numRuns: 1, seed: 7 })[0] as SecretText,
);
