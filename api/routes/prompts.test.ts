import { expect, test } from 'vitest';
import { API_TOKEN, testApp } from '../testing.ts';

test('prompts are listed with their versions, hashes and the policies that use them', async () => {
  const { app } = testApp();
  const response = await app.request('/api/v1/prompts', {
    headers: { authorization: `Bearer ${API_TOKEN}` },
  });
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({
    prompts: [
      {
        name: 'answer',
        version: 1,
        task: 'answer',
        about: 'Answers.',
        hash: 'a'.repeat(64),
        used_by: [
          {
            policy: 'clinic',
            version: 2,
            roles: ['reasoning', 'main'],
            when: { tenant: 'clinic', process: null, intent: null },
          },
        ],
      },
    ],
  });
});

test('prompts are for those with the token', async () => {
  expect((await testApp().app.request('/api/v1/prompts')).status).toBe(401);
});
