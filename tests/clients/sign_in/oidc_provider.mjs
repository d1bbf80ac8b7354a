// A provider of OpenID Connect (oidc-provider), with its own pages to sign in on, where any password is right. It is
// told what to do by one argument of JSON; the file of accounts is read anew each time that somebody is looked for.
import { generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { Provider } from "oidc-provider";

const told = JSON.parse(process.argv[2]);
const { port, issuer, accounts, keys, algorithm, clients, idTokenHasAll } = told;

// Keys of every kind that tokens may be signed with; they stay for who names the same file again.
if (!existsSync(keys)) {
  const kinds = [
    ["RS256", "rsa", { modulusLength: 2048 }],
    ["ES256", "ec", { namedCurve: "P-256" }],
    ["EdDSA", "ed25519", {}],
  ];
  const made = kinds.map(([kind, type, options]) => ({
    ...generateKeyPairSync(type, options).privateKey.export({ format: "jwk" }),
    kid: `${kind}-${Date.now()}`,
    use: "sig",
  }));
  writeFileSync(keys, JSON.stringify({ keys: made }));
}

const provider = new Provider(issuer, {
  clients: clients.map((client) => ({ response_types: ["code"], id_token_signed_response_alg: algorithm, ...client })),
  jwks: JSON.parse(readFileSync(keys, "utf8")),
  cookies: { keys: ["not a secret"] },
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["given_name", "family_name", "name"] },
  conformIdTokenClaims: !idTokenHasAll,
  pkce: { required: () => true },
  findAccount: (_context, id) => {
    const claims = JSON.parse(readFileSync(accounts, "utf8"))[id];
    return claims && { accountId: id, claims: () => ({ sub: id, ...claims }) };
  },
});
provider.on("server_error", (_context, error) => console.error(error));
provider.listen(port, "127.0.0.1");
