/** Contract section 2, Auth. */
import { z } from 'zod';
import { define } from './define.ts';
import { limits } from './limits.ts';
import { phone, text, uuid } from './primitives.ts';

const refreshToken = z.string().min(1).max(512);

const tokens = {
  access_token: z.string().meta({ description: 'JWT (HS256), lives 15 minutes' }),
  refresh_token: z.string().meta({ description: 'Opaque, lives 30 days, changes with every refresh' }),
  expires_in: z.int().positive().meta({ description: 'Seconds the access token lives' }),
};

export const tokenPair = z.object(tokens).meta({ id: 'TokenPair' });

export const deviceInfo = z
  .object({
    name: text({ max: 100 }).optional(),
    platform: z.enum(['android', 'ios', 'web', 'desktop', 'other']).optional(),
  })
  .meta({ id: 'DeviceInfo' });

const sampleTokens = {
  access_token: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIwMTkyIn0.signature',
  refresh_token: 'k3JZr6s0nXv1pQ9wYb2cT5uE8aH4dL7fG0iMoNjKqRs',
  expires_in: limits.accessTokenSeconds,
};

export const requestOtp = define({
  kind: 'mutation',
  method: 'POST',
  path: '/auth/request-otp',
  operationId: 'requestOtp',
  tag: 'Auth',
  access: 'anyone',
  summary: 'Send a sign-in code to a phone',
  description:
    'Sends a 6-digit code that can be used for 5 minutes. One code is pending per phone: a new one replaces it. At most 3 per phone in 5 minutes.',
  input: z.object({ phone, country_code: z.string().max(8).optional() }).meta({ id: 'RequestOtpRequest' }),
  output: z
    .object({
      request_id: z.string(),
      message: z.string(),
      expires_in_seconds: z.int(),
      otp_dev: z.string().optional().meta({ description: 'The code itself; only on development servers' }),
    })
    .meta({ id: 'RequestOtpResult' }),
  success: { 200: 'The code is on its way' },
  errors: ['TOO_MANY_REQUESTS', 'OTP_MAX_ATTEMPTS', 'SERVICE_UNAVAILABLE'],
  example: {
    input: { phone: '+491511234567' },
    output: {
      request_id: '0198c6f2-7d3e-7c51-9f0a-3b6f0d7f2a11',
      message: 'A code was sent',
      expires_in_seconds: limits.otpSeconds,
    },
  },
});

export const verifyOtp = define({
  kind: 'mutation',
  method: 'POST',
  path: '/auth/verify-otp',
  operationId: 'verifyOtp',
  tag: 'Auth',
  access: 'anyone',
  summary: 'Sign in with the code',
  description:
    'Starts a session and makes the user if the phone is new. Five wrong codes lock the phone for the rest of the 5 minutes.',
  input: z
    .object({ phone, otp: z.string().regex(/^\d{6}$/, 'must be 6 digits'), device: deviceInfo.optional() })
    .meta({ id: 'VerifyOtpRequest' }),
  output: z
    .object({
      ...tokens,
      user: z
        .object({ id: uuid, phone, display_name: z.string(), is_new_user: z.boolean() })
        .meta({ id: 'SignedInUser' }),
    })
    .meta({ id: 'SignInResult' }),
  success: { 200: 'Signed in' },
  errors: ['OTP_INVALID', 'OTP_EXPIRED', 'OTP_MAX_ATTEMPTS', 'SERVICE_UNAVAILABLE'],
  example: {
    input: { phone: '+491511234567', otp: '042137', device: { name: 'Pixel 9', platform: 'android' } },
    output: {
      ...sampleTokens,
      user: {
        id: '0198c6f2-8a40-7b1e-8a55-0c8f3d1b9e21',
        phone: '+491511234567',
        display_name: '',
        is_new_user: true,
      },
    },
  },
});

export const refresh = define({
  kind: 'mutation',
  method: 'POST',
  path: '/auth/refresh',
  operationId: 'refreshTokens',
  tag: 'Auth',
  access: 'anyone',
  summary: 'Exchange a refresh token for a new pair',
  description:
    'Every refresh rotates the token. The rotated one still gets a good pair for 10 seconds (lost answers, two tabs); used later, it ends the whole session as stolen.',
  input: z.object({ refresh_token: refreshToken }).meta({ id: 'RefreshRequest' }),
  output: tokenPair,
  success: { 200: 'A new pair' },
  errors: ['TOKEN_INVALID', 'TOKEN_EXPIRED', 'SERVICE_UNAVAILABLE'],
  example: { input: { refresh_token: sampleTokens.refresh_token }, output: sampleTokens },
});

export const logout = define({
  kind: 'mutation',
  method: 'POST',
  path: '/auth/logout',
  operationId: 'logout',
  tag: 'Auth',
  access: 'self',
  summary: 'Sign out this device, or all',
  description:
    "Revokes the session's refresh tokens, removes its push token, refuses its access token from now on and closes its live connections with 4001.",
  input: z
    .object({ refresh_token: refreshToken.optional(), all_devices: z.boolean().default(false) })
    .meta({ id: 'LogoutRequest' }),
  output: z.object({ message: z.string() }).meta({ id: 'LogoutResult' }),
  success: { 200: 'Signed out' },
  errors: ['SERVICE_UNAVAILABLE'],
  example: { input: { all_devices: false }, output: { message: 'Signed out' } },
});
