// A person with a browser: it keeps cookies, fills in the forms of the pages, and stops where the client would take over.

const cookies = new Map();

async function request(url, options = {}) {
  const headers = { ...options.headers };
  if (cookies.size > 0) {
    headers.cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }
  const response = await fetch(url, { ...options, headers, redirect: "manual" });
  for (const line of response.headers.getSetCookie()) {
    const [name, value] = line.split(";")[0].split(/=(.*)/s);
    cookies.set(name, value);
  }
  return response;
}

const unescaped = (text) =>
  text.replaceAll("&amp;", "&").replaceAll("&#34;", '"').replaceAll("&#39;", "'").replaceAll("&lt;", "<");

function form(html) {
  const action = html.match(/<form method="post" action="([^"]*)"/);
  if (!action) {
    throw new Error(`there is no form on the page: ${html.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ").slice(0, 300)}`);
  }
  const csrf = html.match(/name="csrf" value="([^"]*)"/);
  const scopes = [...html.matchAll(/name="scope" value="([^"]*)"/g)].map((match) => unescaped(match[1]));
  return { action: unescaped(action[1]), csrf: unescaped(csrf[1]), scopes };
}

async function submit(page, html, fields) {
  const { action, csrf, scopes } = form(html);
  const body = new URLSearchParams({ csrf, ...fields });
  if ("decision" in fields) {
    scopes.forEach((scope) => body.append("scope", scope));
  }
  return request(new URL(action, page), { method: "POST", body });
}

/** Opens the authorization request, signs in, and allows (or not); returns the URL that the client gets. */
export async function decide(authorizationUrl, decision = "allow") {
  const origin = new URL(authorizationUrl).origin;
  let url = new URL(authorizationUrl);
  for (let step = 0; step < 10; step++) {
    let response = await request(url);
    if (response.status === 200) {
      const html = await response.text();
      response = html.includes('name="password"')
        ? await submit(url, html, { username: process.env.PERSON, password: process.env.PASSWORD })
        : await submit(url, html, { decision });
    }
    if (response.status !== 303) {
      const text = (await response.text()).replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
      throw new Error(`${response.status} of ${url.pathname}: ${text.slice(0, 300)}`);
    }
    url = new URL(response.headers.get("location"), url);
    if (url.origin !== origin || url.pathname === "/callback") {
      return url;
    }
  }
  throw new Error("the browser was sent round and round");
}

export function check(condition, what) {
  if (!condition) {
    throw new Error(`not so: ${what}`);
  }
  console.log(`ok  ${what}`);
}
