import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { z } from 'zod';
import type { Listening } from '../listen.ts';
import { serve } from './http.ts';
import { clientConfig, type EmulatorAddress } from './sdk.ts';

/** What was published to a topic. */
export interface Publication {
  readonly topicArn: string;
  readonly subject: string | undefined;
  readonly message: string;
}

const notificationSchema = z.object({
  TopicArn: z.string(),
  Message: z.string(),
  Subject: z.string().nullish(),
});

/** Reads along what is published, as a subscriber by HTTP. */
export interface Inbox extends Listening {
  readonly publications: readonly Publication[];
}

export async function openInbox(): Promise<Inbox> {
  const publications: Publication[] = [];
  const server = await serve((body) => {
    const { TopicArn, Message, Subject } = notificationSchema.parse(JSON.parse(body));
    publications.push({ topicArn: TopicArn, message: Message, subject: Subject ?? undefined });
    return { status: 200, body: {} };
  });
  return { ...server, publications };
}

/** Makes a topic whose publications arrive in the inbox. E-mail subscribers of the template hear nothing. */
export async function createTopic(address: EmulatorAddress, name: string, inbox: Inbox): Promise<void> {
  const client = new SNSClient(clientConfig(address));
  const { TopicArn } = await client.send(new CreateTopicCommand({ Name: name }));
  await client.send(new SubscribeCommand({ TopicArn, Protocol: 'http', Endpoint: inbox.endpoint }));
  client.destroy();
}
