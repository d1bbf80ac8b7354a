// Signs in and lists the projects, every value typed by the contract.
import createClient from "openapi-fetch";
import type { paths } from "./contract.js";

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

const client = createClient<paths>({ baseUrl: setting("DAILIES_URL") });

const login = await client.POST("/auth/login", {
  body: { email: setting("DAILIES_EMAIL"), password: setting("DAILIES_PASSWORD") },
});
if (!login.data) throw new Error(`sign-in answered ${login.response.status}: ${JSON.stringify(login.error)}`);
const token: string = login.data.access_token;

const refused = await client.GET("/data/projects");
if (refused.response.status !== 401) throw new Error(`without a token: ${refused.response.status}, not 401`);

const listed = await client.GET("/data/projects", { headers: { Authorization: `Bearer ${token}` } });
if (!listed.data) throw new Error(`listing answered ${listed.response.status}: ${JSON.stringify(listed.error)}`);
if (!Array.isArray(listed.data)) throw new Error("without a page number the listing is an array");
const names: string[] = listed.data.map((project) => String(project.name));
if (names.length === 0) throw new Error("the demo data has a project, but none was listed");

console.log(`typescript: openapi-typescript is silent, tsc compiles, and openapi-fetch lists ${names.join(", ")}`);
