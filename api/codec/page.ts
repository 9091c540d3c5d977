/** Nothing on the page but itself: no script, no frame, no address but its own to send the form to. */
export const LOGIN_CSP =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const SAYS = {
  ask: 'Sign in with the API token, so that the Temporal UI can show what runs hold.',
  wrong: 'That is not the API token.',
  done: 'You are signed in for twelve hours. Reload the Temporal UI.',
} as const;

/** The login page, or what became of a try. */
export const loginPage = (state: keyof typeof SAYS): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Dirigent: read payloads in the Temporal UI</title>
    <style>
      body { font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 15vh auto; padding: 0 1rem }
      input, button { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem; margin-top: .5rem }
    </style>
  </head>
  <body>
    <h1>Dirigent</h1>
    <p role="status">${SAYS[state]}</p>
    ${state === 'done' ? '' : FORM}
  </body>
</html>
`;

const FORM = `<form method="post" action="/codec/login">
      <label>API token
        <input type="password" name="token" autocomplete="current-password" required autofocus>
      </label>
      <button>Sign in</button>
    </form>`;
